// Keeps the index up with the ledger, and says when the ledger should name it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/index/index_table.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct IndexSettings {
  std::string by;  // of the entries: "server:<id>"
  std::int64_t interval_millis = 3'600'000;
  std::size_t max_subjects = IndexTable::kMaxSubjects;
};

// Reads every entry once, from the first: an index that was kept somewhere would
// have to be believed. Not thread-safe.
class IndexFollower {
 public:
  // Read at a time, so that the ledger's readers and writers get their turn.
  static constexpr std::size_t kSliceEntries = 1024;
  static constexpr std::size_t kSliceBytes = std::size_t{1} << 20U;

  // `store`, `hasher` and `clock` must outlive this object.
  IndexFollower(LedgerStore& store, const Hasher& hasher, const Clock& clock,
                IndexSettings settings);

  // Folds one slice of the entries below `end`. True: it has got there.
  // Errors: those of the store; DataLoss if an entry does not parse or does not
  //         stand at its place. After one of these nothing more can be folded.
  StatusOr<bool> Follow(EntryIndex end);

  // The entry that should be appended now: if the interval has passed since the last
  // one, and the ledger has got entries that say more than that. Ask when Follow()
  // has got to the end.
  StatusOr<std::optional<EntryDraft>> Due();
  // It was appended, or could not be: it is due again after the interval.
  void Asked();

  EntryIndex covered() const { return table_.size(); }
  std::size_t subjects() const { return table_.subjects(); }

 private:
  Status Fold(const StoredEntry& stored);

  LedgerStore& store_;
  const Hasher& hasher_;
  const Clock& clock_;
  const IndexSettings settings_;
  IndexTable table_;
  EntryIndex news_ = 0;                   // entries since the last `index.built`
  std::int64_t last_built_at_ = 0;        // Unix milliseconds; 0: never
  std::optional<std::int64_t> due_at_{};  // Clock::MonotonicMillis()
};

}  // namespace svidence::ledger
