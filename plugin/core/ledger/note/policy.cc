#include "plugin/core/ledger/note/policy.h"

#include <algorithm>
#include <utility>

#include "attestors/base/quote.h"

namespace svidence::ledger {

Policy Policy::OfLog(const Hasher& hasher, Vkey log) {
  Parts parts;
  parts.keys.push_back(Trust(hasher, std::move(log)));
  parts.log_urls.emplace_back();
  return Policy(std::move(parts));
}

bool Policy::QuorumHolds(const std::vector<bool>& cosigned) const {
  if (!parts_.quorum) return true;
  // A group comes behind its members: one pass, no recursion that a file could drive.
  std::vector<bool> holds(parts_.voters.size(), false);
  for (std::size_t i = 0; i < parts_.voters.size(); ++i) {
    const PolicyVoter& voter = parts_.voters[i];
    if (voter.witness) {
      holds[i] = *voter.witness < cosigned.size() && cosigned[*voter.witness];
      continue;
    }
    const auto yes = std::count_if(voter.members.begin(), voter.members.end(),
                                   [&holds](std::size_t member) { return bool{holds[member]}; });
    holds[i] = static_cast<std::size_t>(yes) >= voter.threshold;
  }
  return holds[*parts_.quorum];
}

std::vector<std::string> LoneWitnesses(const Policy& policy) {
  std::vector<std::string> names;
  if (!policy.wants_witnesses()) return names;
  std::vector<bool> cosigned(policy.witnesses().size(), false);
  for (std::size_t i = 0; i < cosigned.size(); ++i) {
    cosigned[i] = true;
    if (policy.QuorumHolds(cosigned)) names.push_back(policy.witnesses()[i].name);
    cosigned[i] = false;
  }
  return names;
}

std::optional<std::string> WarnAboutQuorum(const Policy& policy) {
  if (!policy.wants_witnesses()) {
    return "the policy asks for no witness: whoever holds the log's key can show each reader "
           "another history";
  }
  const std::vector<std::string> names = LoneWitnesses(policy);
  if (names.empty()) return std::nullopt;
  return "one witness alone satisfies the quorum, e.g. " + Quote(names.front(), 256) +
         ": whoever holds its key and the log's can show each reader another history";
}

}  // namespace svidence::ledger
