#include "plugin/core/ledger/note/evaluate.h"

#include <algorithm>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/signed_note.h"

namespace svidence::ledger {
namespace {

struct Votes {
  std::vector<bool> cosigned;  // by witness
  std::size_t ahead = 0;       // cosignatures that did not count
};

// Sorts the good signatures into `evaluation`.
Votes Sort(const Policy& policy, const std::vector<GoodSignature>& found, Evaluation& evaluation) {
  Votes votes{.cosigned = std::vector<bool>(policy.witnesses().size(), false), .ahead = 0};
  for (const GoodSignature& signature : found) {
    const TrustedKey& key = policy.keys()[signature.key];
    if (signature.key < policy.log_count()) {
      // A log speaks for its own origin only.
      if (key.vkey.name == evaluation.checkpoint.origin) evaluation.logs.push_back(key);
    } else if (!signature.timely) {
      ++votes.ahead;
    } else {
      const std::size_t witness = signature.key - policy.log_count();
      votes.cosigned[witness] = true;
      evaluation.witnesses.push_back({.witness = witness, .time = signature.time});
    }
  }
  std::sort(evaluation.witnesses.begin(), evaluation.witnesses.end(),
            [](const Cosigned& a, const Cosigned& b) { return a.witness < b.witness; });
  return votes;
}

void Decide(const Policy& policy, const Votes& votes, Evaluation& evaluation) {
  if (evaluation.logs.empty()) {
    evaluation.reason = PolicyReason::kNoLog;
    evaluation.sentence = "no log of the policy with the origin " +
                          Quote(evaluation.checkpoint.origin, 256) + " has signed the checkpoint";
    return;
  }
  if (!policy.QuorumHolds(votes.cosigned)) {
    evaluation.reason = PolicyReason::kNoQuorum;
    evaluation.sentence = std::to_string(evaluation.witnesses.size()) + " of the policy's " +
                          std::to_string(policy.witnesses().size()) +
                          " witnesses have cosigned, which does not make its quorum";
    if (votes.ahead > 0) {
      evaluation.sentence +=
          "; not counted, because their time is ahead of ours: " + std::to_string(votes.ahead);
    }
    return;
  }
  evaluation.reason = PolicyReason::kHolds;
}

}  // namespace

StatusOr<Evaluation> Evaluate(const Policy& policy, std::string_view note,
                              const VerifyContext& context) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  Evaluation evaluation;
  SVIDENCE_ASSIGN_OR_RETURN(evaluation.checkpoint, ParseCheckpoint(parsed.text));
  const StatusOr<std::vector<GoodSignature>> found = FindSignatures(parsed, policy.keys(), context);
  if (!found.ok()) {
    evaluation.reason = PolicyReason::kBadSignature;
    evaluation.sentence = Message(found.status());
    return evaluation;
  }
  const Votes votes = Sort(policy, *found, evaluation);
  Decide(policy, votes, evaluation);
  return evaluation;
}

}  // namespace svidence::ledger
