// Reads what Svidence looks at in X.509 certificates; verifies nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

namespace svidence::openssl {

constexpr std::size_t kMaxCertificateInputBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxCertificates = 16;
// The SPIFFE standard allows one; a reader shows what is there, up to this.
constexpr std::size_t kMaxUris = 8;

struct X509Certificate {
  std::string der;
  std::vector<std::string> uris;  // subject alternative names of type URI
  std::string spki_der;           // SubjectPublicKeyInfo
  std::int64_t not_before = 0;    // Unix seconds
  std::int64_t not_after = 0;     // Unix seconds
  std::string serial;             // lower-case hex
  bool is_ca = false;
  std::optional<std::string> extension;  // value of the one asked for
  bool extension_critical = false;
};

// `bytes` is PEM (other blocks and text between are skipped) or DER
// certificates one after the other. `extension_oid` is dotted.
//
// Errors: InvalidArgument if there is no certificate, one does not parse, has
//         trailing bytes behind it, more than kMaxUris names or the extension
//         twice; or if a bound above is exceeded.
StatusOr<std::vector<X509Certificate>> ReadCertificates(std::string_view bytes,
                                                        const std::string& extension_oid);

// One PEM block, e.g. label "CERTIFICATE" or "PRIVATE KEY". In a Secret, because
// the bytes may be a key. Source: RFC 7468, section 3.
Secret EncodePem(std::string_view label, std::string_view der);

}  // namespace svidence::openssl
