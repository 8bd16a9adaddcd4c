#include "plugin/core/ledger/index/index_follower.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/index/index_entry.h"
#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {

IndexFollower::IndexFollower(LedgerStore& store, const Hasher& hasher, const Clock& clock,
                             IndexSettings settings)
    : store_(store),
      hasher_(hasher),
      clock_(clock),
      settings_(std::move(settings)),
      table_(hasher, settings_.max_subjects) {}

StatusOr<bool> IndexFollower::Follow(EntryIndex end) {
  if (table_.size() >= end) return true;
  const auto wanted =
      static_cast<std::size_t>(std::min<EntryIndex>(end - table_.size(), kSliceEntries));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<StoredEntry> slice,
                            store_.Read(table_.size(), wanted, kSliceBytes));
  if (slice.empty()) {
    return DataLoss("the ledger has no entry " + std::to_string(table_.size()));
  }
  for (const StoredEntry& stored : slice) {
    if (table_.size() == end) break;
    SVIDENCE_RETURN_IF_ERROR(Fold(stored));
  }
  return table_.size() >= end;
}

Status IndexFollower::Fold(const StoredEntry& stored) {
  const StatusOr<EntryView> view = ScanEntry(stored.bytes);
  if (!view.ok() || view->place.index != table_.size()) {
    return DataLoss("entry " + std::to_string(table_.size()) +
                    " is damaged: run \"svidence ledger verify\"");
  }
  SVIDENCE_RETURN_IF_ERROR(table_.Fold(*view, LeafHash(hasher_, stored.bytes)));
  ++news_;
  if (view->type == kIndexBuiltType) {
    news_ = 0;
    last_built_at_ = view->place.at_millis;
  }
  return OkStatus();
}

StatusOr<std::optional<EntryDraft>> IndexFollower::Due() {
  const std::int64_t now = clock_.MonotonicMillis();
  if (!due_at_) {
    // An interval that began before this process did goes on, by the ledger's times.
    const std::int64_t since = last_built_at_ == 0
                                   ? settings_.interval_millis
                                   : std::clamp<std::int64_t>(clock_.UnixMillis() - last_built_at_,
                                                              0, settings_.interval_millis);
    due_at_ = now + settings_.interval_millis - since;
  }
  if (news_ == 0 || now < *due_at_) return std::optional<EntryDraft>();
  SVIDENCE_ASSIGN_OR_RETURN(const IndexRoot root, table_.Root());
  return std::optional<EntryDraft>(DraftIndexBuilt(root, settings_.by));
}

void IndexFollower::Asked() { due_at_ = clock_.MonotonicMillis() + settings_.interval_millis; }

}  // namespace svidence::ledger
