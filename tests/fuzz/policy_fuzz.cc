// A policy is written by a person and read by everyone who verifies.
//   Names and keys are each there once.
//   All witnesses together satisfy the quorum, none of them does not, and one more
//   never breaks it.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/note/policy.h"

namespace {

using namespace svidence::ledger;

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

// Every key has the ID 00000000, so that a changed key is still one.
class NoHasher final : public svidence::Hasher {
 public:
  svidence::Digest Sha256(std::initializer_list<std::string_view> /*parts*/) const override {
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = Policy::Parse(NoHasher(), text);
  if (!policy.ok()) {
    Demand(!svidence::Message(policy.status()).empty());
    return 0;
  }
  std::set<PublicKey> keys;
  for (const TrustedKey& key : policy->keys()) Demand(keys.insert(key.vkey.key).second);
  std::set<std::string_view> names;
  for (const PolicyWitness& witness : policy->witnesses()) {
    Demand(names.insert(witness.name).second);
  }
  Demand(policy->keys().size() == policy->log_count() + names.size());

  std::vector<bool> cosigned(names.size(), false);
  bool held = policy->QuorumHolds(cosigned);
  Demand(held != policy->wants_witnesses());
  for (std::size_t i = 0; i < cosigned.size(); ++i) {
    cosigned[i] = true;
    const bool holds = policy->QuorumHolds(cosigned);
    Demand(holds || !held);
    held = holds;
  }
  Demand(held);
  Demand(WarnAboutQuorum(*policy).has_value() ==
         (!policy->wants_witnesses() || !LoneWitnesses(*policy).empty()));
  return 0;
}
