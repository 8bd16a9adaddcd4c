#include "plugin/core/ledger/chain_writer.h"

#include <algorithm>
#include <utility>

namespace svidence::ledger {

ChainWriter::ChainWriter(const Hasher& hasher, Start start)
    : hasher_(hasher),
      subjects_(std::move(start.subjects)),
      head_(start.head),
      next_head_(start.head),
      tree_(start.tree),
      last_at_millis_(start.last_at_millis),
      next_at_millis_(start.last_at_millis) {}

void ChainWriter::Begin() {
  if (next_head_ == head_) {
    Clear();
  } else {
    Discard();
  }
}

Status ChainWriter::Add(EntryDraft draft, std::int64_t unix_millis) {
  if (entries_.size() == kMaxBatchLeaves) {
    return ResourceExhausted("a batch must have at most " + std::to_string(kMaxBatchLeaves) +
                             " entries");
  }
  const SubjectIndex::Key key = subjects_->KeyOf(draft.subject);
  const std::int64_t now = std::clamp<std::int64_t>(unix_millis, 0, kMaxTimeMillis);
  const EntryPlace place{.index = next_head_.size,
                         .at_millis = std::max(now, next_at_millis_),
                         .prev = next_head_.last_leaf,
                         .subject_prev = subjects_->Last(key)};
  SVIDENCE_ASSIGN_OR_RETURN(std::string bytes, RenderEntry(draft, place));

  const Digest leaf = LeafHash(hasher_, bytes);
  bytes_ += bytes.size();
  clock_behind_millis_ = place.at_millis - now;
  next_at_millis_ = place.at_millis;
  next_head_ = {.size = place.index + 1, .last_leaf = leaf};
  undo_.push_back({.key = key, .last = place.subject_prev});
  subjects_->Set(key, place.index);
  entries_.push_back({.bytes = std::move(bytes), .leaf = leaf});
  read_.push_back({.place = place,
                   .type = std::move(draft.type),
                   .by = std::move(draft.by),
                   .subject = std::move(draft.subject),
                   .agent = std::move(draft.agent),
                   .members = std::move(draft.members)});
  return OkStatus();
}

ChainWriter::Adopted ChainWriter::Adopt() {
  // Never an error: Add() bounds the batch, and RenderEntry the index far below
  // what a tree can hold.
  std::vector<Digest> leaves(entries_.size());
  std::transform(entries_.begin(), entries_.end(), leaves.begin(),
                 [](const StoredEntry& entry) { return entry.leaf; });
  BatchProver prover = *BatchProver::Create(hasher_, tree_, leaves);
  head_ = next_head_;
  last_at_millis_ = next_at_millis_;
  tree_ = prover.after();
  return {.entries = read_, .stored = entries_, .prover = std::move(prover)};
}

void ChainWriter::Discard() {
  // From the last to the first: an entry may have followed another of its subject.
  for (std::size_t i = undo_.size(); i-- > 0;) subjects_->Set(undo_[i].key, undo_[i].last);
  next_head_ = head_;
  next_at_millis_ = last_at_millis_;
  Clear();
}

void ChainWriter::Clear() {
  entries_.clear();
  read_.clear();
  undo_.clear();
  bytes_ = 0;
}

}  // namespace svidence::ledger
