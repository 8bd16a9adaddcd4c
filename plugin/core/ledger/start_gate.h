// Compares a ledger with its high-water mark while a start reads it.
#pragma once

#include <optional>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

// Sees every leaf, or goes on from a tree that is known, and remembers what the
// mark is to be compared with. A ledger passes that has the mark's entry, and whose
// tree had, at the size of the mark's checkpoint, the root that the log has signed.
// Not thread-safe.
class StartGate {
 public:
  // `hasher` and `verifier` must outlive this object. Without a verifier a mark with
  // a checkpoint passes nothing.
  StartGate(const Hasher& hasher, const Ed25519Verifier* verifier,
            const std::optional<HighWaterMark>& mark);

  // Goes on behind the entries of `tree`; what the mark says of these is read from
  // `ledger` and `nodes`.
  // Errors: those of the ports.
  Status Resume(const CompactRange& tree, LedgerStore& ledger, NodeReader& nodes);

  // The next leaf. Errors: those of CompactRange::Append.
  Status See(const Digest& leaf);

  // The tree over all that was seen.
  const CompactRange& tree() const { return tree_; }

  // What is wrong with the ledger that was seen, whose entry 0 names `identity` and
  // whose keys are `keys`: sizes, roots and both checkpoints. nullopt: it goes on from the mark, or
  // there is no mark.
  std::optional<Defect> Check(const LogIdentity& identity, const KeySchedule& keys) const;

 private:
  std::optional<Defect> CheckCheckpoint(const KeySchedule& keys) const;
  std::string BothTrees(const LogIdentity& identity) const;

  const Hasher& hasher_;
  const Ed25519Verifier* verifier_;
  const std::optional<HighWaterMark> mark_;
  const std::optional<Checkpoint> checkpoint_;  // that of the mark, not verified
  CompactRange tree_;
  Digest leaf_at_mark_{};
  Digest root_at_checkpoint_{};
};

}  // namespace svidence::ledger
