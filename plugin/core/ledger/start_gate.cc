#include "plugin/core/ledger/start_gate.h"

#include <string>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/derived/quick_start.h"
#include "plugin/core/ledger/log_keys.h"
#include "plugin/core/ledger/tree/proof.h"

namespace svidence::ledger {
namespace {

constexpr std::size_t kMaxShownNote = 2048;

std::optional<Checkpoint> CheckpointOf(const std::optional<HighWaterMark>& mark) {
  return mark ? CheckpointIn(*mark) : std::nullopt;
}

}  // namespace

StartGate::StartGate(const Hasher& hasher, const Ed25519Verifier* verifier,
                     const std::optional<HighWaterMark>& mark)
    : hasher_(hasher), verifier_(verifier), mark_(mark), checkpoint_(CheckpointOf(mark)) {}

Status StartGate::Resume(const CompactRange& tree, LedgerStore& ledger, NodeReader& nodes) {
  tree_ = tree;
  if (mark_ && mark_->size <= tree.size()) {
    SVIDENCE_ASSIGN_OR_RETURN(const StoredEntry entry,
                              ReadHashed(ledger, hasher_, mark_->size - 1));
    leaf_at_mark_ = entry.leaf;
  }
  if (checkpoint_ && checkpoint_->size <= tree.size()) {
    SVIDENCE_ASSIGN_OR_RETURN(root_at_checkpoint_, RootAt(hasher_, nodes, checkpoint_->size));
  }
  return OkStatus();
}

Status StartGate::See(const Digest& leaf) {
  SVIDENCE_RETURN_IF_ERROR(tree_.Append(hasher_, leaf));
  if (mark_ && tree_.size() == mark_->size) leaf_at_mark_ = leaf;
  if (checkpoint_ && tree_.size() == checkpoint_->size) root_at_checkpoint_ = tree_.Root(hasher_);
  return OkStatus();
}

// What the log has signed, and what this ledger would have to sign in its place.
// That is shown without a signature: a key that signed it would have forked its log.
std::string StartGate::BothTrees(const LogIdentity& identity) const {
  if (!checkpoint_) return "";
  const bool reached = checkpoint_->size <= tree_.size();
  const Checkpoint here{.origin = identity.origin,
                        .size = reached ? checkpoint_->size : tree_.size(),
                        .root = reached ? root_at_checkpoint_ : tree_.Root(hasher_)};
  return "; the mark holds the signed checkpoint " + Quote(mark_->checkpoint, kMaxShownNote) +
         ", this ledger's tree is " +
         Quote(FormatCheckpoint(here).value_or("of no origin"), kMaxShownNote);
}

std::optional<Defect> StartGate::CheckCheckpoint(const KeySchedule& keys) const {
  const EntryIndex last = checkpoint_->size - 1;
  if (verifier_ == nullptr) {
    return Defect{
        .index = last,
        .kind = DefectKind::kMark,
        .sentence = "the high-water mark has a checkpoint, and nothing here can verify it"};
  }
  const StatusOr<Checkpoint> opened = OpenOwnCheckpoint(*verifier_, keys, mark_->checkpoint);
  if (!opened.ok()) {
    return Defect{.index = last,
                  .kind = DefectKind::kMark,
                  .sentence = "the checkpoint in the high-water mark is not one of this log: " +
                              Message(opened.status())};
  }
  if (opened->root == root_at_checkpoint_) return std::nullopt;
  return Defect{.index = last,
                .kind = DefectKind::kMark,
                .sentence = "the log has signed another tree of " + std::to_string(opened->size) +
                            " entries than this ledger has: one of these entries was changed"};
}

std::optional<Defect> StartGate::Check(const LogIdentity& identity, const KeySchedule& keys) const {
  if (!mark_) return std::nullopt;
  std::optional<Defect> defect = CompareWithMark(*mark_, identity, tree_.size(), leaf_at_mark_);
  if (!defect && checkpoint_) defect = CheckCheckpoint(keys);
  if (defect) defect->sentence += BothTrees(identity);
  return defect;
}

}  // namespace svidence::ledger
