// X.509 path validation against one trust domain's bundle.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "attestors/base/status.h"
#include "plugin/adapters/openssl/x509_reader.h"

namespace svidence::openssl {

// Does `chain`, the leaf first, lead to one of `anchors` at the time `at`, Unix
// seconds? Each anchor is believed as it is, self-signed or not, as SPIFFE bundles
// have it. Certificates of the chain that lead nowhere do no harm.
//
// Errors: InvalidArgument if either is empty or does not parse; PermissionDenied
//         with OpenSSL's reason if there is no such path: another signer, a time
//         outside the validity of any certificate in it, an issuer that is no CA, a
//         critical extension that nobody here knows, a path of more than 8.
// Source: RFC 5280, section 6; SPIFFE X.509-SVID, section 5.
Status CheckPath(std::span<const X509Certificate> chain, std::span<const X509Certificate> anchors,
                 std::int64_t at);

}  // namespace svidence::openssl
