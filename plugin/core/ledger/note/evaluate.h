// Does a checkpoint satisfy a policy?
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/policy.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

enum class PolicyReason {
  kHolds,         // it is satisfied
  kBadSignature,  // a key of the policy is named by a line that it has not signed
  kNoLog,         // no log of the policy with the checkpoint's origin has signed
  kNoQuorum,      // too few witnesses have cosigned
};

struct Cosigned {
  std::size_t witness = 0;  // its place in Policy::witnesses()
  UnixSeconds time = 0;     // when; how old may be too old is the caller's to say

  friend bool operator==(const Cosigned&, const Cosigned&) = default;
};

struct Evaluation {
  PolicyReason reason = PolicyReason::kNoLog;
  std::string sentence;             // for people; empty if it holds
  Checkpoint checkpoint;            // to be believed only if it holds
  std::vector<TrustedKey> logs;     // the keys of its origin that have signed
  std::vector<Cosigned> witnesses;  // in the order of the policy

  bool holds() const { return reason == PolicyReason::kHolds; }
};

// A policy without logs is satisfied by nothing. Cosignatures from too far ahead
// do not count. None of the parts is to be used unless holds() is true.
// Errors: InvalidArgument if `note` is no note or no checkpoint.
StatusOr<Evaluation> Evaluate(const Policy& policy, std::string_view note,
                              const VerifyContext& context);

}  // namespace svidence::ledger
