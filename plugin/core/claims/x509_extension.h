// The X.509 extension that carries a ledger entry: DER, strict both ways.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::claims {

// What an issuer may put into a certificate, and what a reader looks at. The
// value rides in every TLS handshake.
constexpr std::size_t kMaxIssuedExtensionBytes = std::size_t{4} * 1024;
constexpr std::size_t kMaxReadExtensionBytes = std::size_t{8} * 1024;

// How long an entry may be so that a proof of 30 hashes fits beside it. Kept
// while no proof is added, so that no identity is refused the day one is.
constexpr std::size_t kMaxIssuedEntryBytes = 2304;

constexpr std::size_t kMinEntryBytes = 2;                       // "{}"
constexpr std::size_t kMaxEntryBytes = std::size_t{16} * 1024;  // as in the ASN.1 module
constexpr std::size_t kMaxProofBytes = std::size_t{8} * 1024;   // likewise

// SEQUENCE { version INTEGER (1), entry UTF8String, proof UTF8String OPTIONAL }.
struct X509Extension {
  std::string entry;  // the entry's exact bytes
  std::optional<std::string> proof;

  friend bool operator==(const X509Extension&, const X509Extension&) = default;
};

// The dotted OID of the extension below the configured base.
std::string ExtensionOid(std::string_view base);

// The DER value of the extension, which is never critical.
// Errors: InvalidArgument if the value would exceed kMaxIssuedExtensionBytes, or
//         a text is too short, too long or not UTF-8.
// Source: docs/formats/claims.md, tests/golden/claims/Svidence.asn1, X.690.
StatusOr<std::string> EncodeX509Extension(std::string_view entry,
                                          std::optional<std::string_view> proof);

// Reads a value, and only what EncodeX509Extension could have written: minimal
// lengths, no trailing bytes. What the entry says is not looked at.
// Errors: InvalidArgument if the value exceeds kMaxReadExtensionBytes, is not
//         DER of that form, has another version than 1, or holds a text that is
//         not UTF-8 or out of bounds.
StatusOr<X509Extension> DecodeX509Extension(std::string_view der);

}  // namespace svidence::claims
