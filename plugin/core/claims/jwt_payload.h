// Reads the payload of a JWT-SVID: what it says, whoever signed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"

namespace svidence::claims {

constexpr std::size_t kMaxTokenBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxAudiences = 64;

// Our claim, as far as it repeats the entry.
struct JwtClaimCopy {
  std::string entry;                        // the entry's exact bytes; empty if the claim has none
  std::string proof;                        // empty if the claim has none
  std::optional<std::int64_t> trust_score;  // whole points
  std::optional<std::int64_t> scope;
  std::string agent;  // empty if null
};

struct JwtPayload {
  std::string subject;
  std::vector<std::string> audience;       // one string counts as a list of one
  std::optional<std::int64_t> issued_at;   // Unix seconds
  std::optional<std::int64_t> expires_at;  // Unix seconds
  std::string jti;
  std::optional<JwtClaimCopy> record;
};

// Reads the middle part of a compact JWT. Numbers may be doubles, as SPIRE
// writes them, if they are whole. Neither signature nor times are looked at.
//
// Errors: InvalidArgument if `token` is too long, has not three parts, or its
//         payload is not base64url of a JSON object; if a member that is read
//         has another type, or there are too many audiences.
// Source: RFC 7519, section 4.1.
StatusOr<JwtPayload> ReadJwtPayload(std::string_view token, const std::string& claim);

}  // namespace svidence::claims
