// The members of `issue.x509` and `issue.jwt` entries, in the format's order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/core/registry/records.h"

namespace svidence::claims {

// Where a verifier asks whether an SVID is revoked.
struct StatusReference {
  std::int64_t list = 0;
  std::int64_t index = 0;
};

// What an issuance says, whatever it is bound to. Every member is always
// written, null where it is not known.
struct Issuance {
  std::int64_t now = 0;                          // Unix seconds, the unclamped clock
  std::optional<registry::TrustRecord> trust{};  // nullopt: never registered, score 0
  std::optional<registry::SponsorRecord> sponsor{};
  int scope = 0;  // 0: never registered
  std::vector<std::string> evidence{};
  std::optional<StatusReference> status{};
  std::optional<std::int64_t> not_after_cap{};  // Unix seconds
};

// What binds a JWT-SVID to its entry; a JWT has no key.
struct JwtBinding {
  Digest audience{};            // AudienceDigest
  std::int64_t issued_at = 0;   // Unix seconds, claim `iat`
  std::int64_t expires_at = 0;  // Unix seconds, claim `exp`
  std::string jti{};
};

// SHA-256 over the audiences in byte order, each behind its length as four
// bytes, most significant first. Duplicates count.
// Source: docs/formats/claims.md, "Audience digest".
Digest AudienceDigest(const Hasher& hasher, std::vector<std::string> audience);

// The type's own members, as EntryDraft::members wants them. `spki` is SHA-256
// of the certificate's SubjectPublicKeyInfo.
std::string X509Members(const Issuance& issuance, const Digest& spki);
std::string JwtMembers(const Issuance& issuance, const JwtBinding& binding);

}  // namespace svidence::claims
