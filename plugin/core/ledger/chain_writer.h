// Gives drafts their place: the writing end of the chain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/subject_index.h"
#include "plugin/core/ledger/tree/batch_prover.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

// Begin(), Add() for each entry, then the caller stores entries() and says
// Adopt() or Discard(). Not thread-safe.
class ChainWriter {
 public:
  // Where the ledger ends, as the start-up replay found it.
  struct Start {
    Head head;
    std::int64_t last_at_millis = 0;
    std::unique_ptr<SubjectIndex> subjects;  // of the entries up to `head`
    CompactRange tree{};                     // over their leaf hashes
  };

  // `hasher` must outlive this object.
  ChainWriter(const Hasher& hasher, Start start);

  // Starts an empty batch; a batch that was not adopted is discarded.
  void Begin();
  // Adds one entry. `unix_millis` is the clock; an entry is never earlier than
  // the one before it.
  // Errors: InvalidArgument if the draft does not make an entry, ResourceExhausted
  //         above kMaxBatchLeaves: nothing is added.
  Status Add(EntryDraft draft, std::int64_t unix_millis);

  std::span<const StoredEntry> entries() const { return entries_; }
  std::size_t bytes() const { return bytes_; }
  // The durable end, and the end once the batch is durable.
  const Head& head() const { return head_; }
  const Head& next_head() const { return next_head_; }
  // How far the clock was behind the last entry when an entry was added last.
  std::int64_t clock_behind_millis() const { return clock_behind_millis_; }

  // The tree over the durable entries.
  const CompactRange& tree() const { return tree_; }

  // The batch is durable. Gives its entries as read, and as stored, in order,
  // valid until the next Begin(); and the proofs of each in the tree that ends
  // with the batch.
  struct Adopted {
    std::span<const Entry> entries;
    std::span<StoredEntry> stored;
    BatchProver prover;
  };
  Adopted Adopt();
  // The batch is not in the ledger and never will be.
  void Discard();

 private:
  // What a discarded entry must put back.
  struct Undo {
    SubjectIndex::Key key;
    std::optional<EntryIndex> last;
  };

  void Clear();

  const Hasher& hasher_;
  std::unique_ptr<SubjectIndex> subjects_;
  Head head_;
  Head next_head_;
  CompactRange tree_;  // up to head_
  std::int64_t last_at_millis_;
  std::int64_t next_at_millis_;
  std::int64_t clock_behind_millis_ = 0;
  std::size_t bytes_ = 0;
  // One element an entry each; kept between batches for their memory.
  std::vector<StoredEntry> entries_;
  std::vector<Entry> read_;
  std::vector<Undo> undo_;
};

}  // namespace svidence::ledger
