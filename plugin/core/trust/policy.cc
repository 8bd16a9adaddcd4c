#include "plugin/core/trust/policy.h"

#include "attestors/base/encoding.h"

namespace svidence::trust {

std::string PolicyText(Score start_score, const DecayRule& start_rule) {
  std::string text = "svidence-trust-start-v1\n";
  text.append("score=").append(std::to_string(start_score)).append("\n");
  text.append("half_life=").append(std::to_string(start_rule.half_life)).append("\n");
  text.append("hold=").append(std::to_string(start_rule.hold)).append("\n");
  text.append("floor=").append(std::to_string(start_rule.floor)).append("\n");
  return text;
}

std::string PolicyDigest(const Hasher& hasher, Score start_score, const DecayRule& start_rule) {
  return DigestText(hasher.Sha256({PolicyText(start_score, start_rule)}));
}

}  // namespace svidence::trust
