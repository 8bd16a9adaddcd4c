// The JWT claim that carries a ledger entry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plugin/core/claims/issuance.h"

namespace svidence::claims {

// The claim's value, a JSON object: readable members copied from the issuance,
// then the entry's exact bytes as a string, then the proof if there is one.
//
// Outside `entry`, times are RFC 3339 strings, durations are strings of seconds
// ("86400s"), and every number is below 10^6: SPIRE hands claims on as doubles
// and prints larger ones with an exponent. `trust_score` is the score of
// `trust.as_of` in whole points, not decayed: whoever decides decays it.
//
// `agent` is empty where the entry has no such member; the claim says null.
// Source: docs/formats/claims.md, "JWT claim".
std::string JwtClaim(const Issuance& issuance, std::string_view agent, std::string_view entry,
                     std::optional<std::string_view> proof);

}  // namespace svidence::claims
