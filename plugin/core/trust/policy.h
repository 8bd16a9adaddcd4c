// The digest by which entries name the policy that set a score.
#pragma once

#include <string>

#include "attestors/base/digest.h"
#include "plugin/core/trust/decay.h"

namespace svidence::trust {

// "sha256:<hex>" of the canonical text of the start values that a server gives
// to the agents registered with it.
// Source: docs/formats/claims.md, "Policy digest".
std::string PolicyDigest(const Hasher& hasher, Score start_score, const DecayRule& start_rule);

// The text that is hashed: four lines "name=value" behind a line that names the
// form.
std::string PolicyText(Score start_score, const DecayRule& start_rule);

}  // namespace svidence::trust
