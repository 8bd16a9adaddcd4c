#include "plugin/core/ledger/audit/compare.h"

#include <utility>
#include <vector>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/proof_check.h"

namespace svidence::ledger {
namespace {

std::string Says(const Checkpoint& checkpoint) {
  return std::to_string(checkpoint.size) + " entries with the root " + DigestText(checkpoint.root);
}

Comparison Contradiction(const SeenCheckpoint& smaller, const SeenCheckpoint& larger,
                         std::vector<Digest> nodes) {
  return {.continuity = Continuity::kContradicts,
          .sentence = "the log has signed two histories: " + Says(smaller.checkpoint) + ", and " +
                      Says(larger.checkpoint),
          .fraud = FraudProof{
              .nodes = std::move(nodes), .smaller = smaller.note, .larger = larger.note}};
}

Comparison Unproved(const Checkpoint& larger, const std::string& why) {
  return {.continuity = Continuity::kUnproved,
          .sentence =
              "what is published does not lead to the signed tree of " + Says(larger) + ": " + why};
}

// Sizes differ and neither is 0.
StatusOr<Comparison> CompareTrees(const SeenCheckpoint& smaller, const SeenCheckpoint& larger,
                                  NodeReader& nodes, const Hasher& hasher) {
  const Checkpoint& old_tree = smaller.checkpoint;
  const Checkpoint& new_tree = larger.checkpoint;
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> proof,
                            ProveConsistency(hasher, nodes, old_tree.size, new_tree.size));
  if (VerifyConsistency(hasher, old_tree.size, new_tree.size, proof, old_tree.root, new_tree.root)
          .ok()) {
    return Comparison{};
  }
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<Digest> shown,
                            ReadFraudNodes(nodes, old_tree.size, new_tree.size));
  SVIDENCE_ASSIGN_OR_RETURN(const TwoRoots roots,
                            RootsOf(hasher, shown, old_tree.size, new_tree.size));
  if (roots.larger == new_tree.root && roots.smaller != old_tree.root) {
    return Contradiction(smaller, larger, std::move(shown));
  }
  return Unproved(new_tree, "it leads to " + DigestText(roots.larger));
}

}  // namespace

StatusOr<Comparison> CompareCheckpoints(const SeenCheckpoint& a, const SeenCheckpoint& b,
                                        NodeReader& nodes, const Hasher& hasher) {
  const bool in_order = a.checkpoint.size <= b.checkpoint.size;
  const SeenCheckpoint& smaller = in_order ? a : b;
  const SeenCheckpoint& larger = in_order ? b : a;
  if (a.checkpoint.origin != b.checkpoint.origin) {
    return InvalidArgument("checkpoints of one log are compared, these are of " +
                           Quote(a.checkpoint.origin, 256) + " and " +
                           Quote(b.checkpoint.origin, 256));
  }
  if (smaller.checkpoint.size == 0 || smaller.checkpoint.size == larger.checkpoint.size) {
    const Digest& root = smaller.checkpoint.size == 0 ? kEmptyRoot : larger.checkpoint.root;
    if (smaller.checkpoint.root == root) return Comparison{};
    return Contradiction(smaller, larger, {});
  }
  StatusOr<Comparison> compared = CompareTrees(smaller, larger, nodes, hasher);
  const StatusCode code = compared.status().code();
  if (code != StatusCode::kNotFound && code != StatusCode::kDataLoss) return compared;
  return Unproved(larger.checkpoint, Message(compared.status()));
}

}  // namespace svidence::ledger
