// One slice of a ledger, checked alone: all that can be known without the entries
// before it, and what is needed to join it to them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/audit/subject_table.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

// The entries [first, end) of a ledger of `size` entries. `first` is a multiple of
// the slices' length, a power of two.
struct SliceTask {
  EntryIndex first = 0;
  EntryIndex end = 0;
  std::optional<EntryIndex> size{};         // nullopt: not known
  std::span<const EntryIndex> wanted{};     // sizes, ascending, whose trees are asked for
  std::optional<EntryIndex> wanted_leaf{};  // the entry whose leaf hash is asked for
};

// The slice's own tree after the entries before `size`.
struct TreeAt {
  EntryIndex size = 0;
  CompactRange tree;
};

struct SliceResult {
  EntryIndex first = 0;
  EntryIndex good = 0;              // entries from `first` on that hold, as far as known here
  std::uint64_t bytes = 0;          // of those
  bool placed = false;              // the first entry is one, and names its own index
  EntryPlace place;                 // then: what it says of itself
  std::int64_t last_at_millis = 0;  // of the last good one
  Digest last_leaf{};
  CompactRange tree;  // over the good ones, as if entry `first` were leaf 0
  SubjectTable subjects;
  std::optional<LogIdentity> identity;  // of entry 0
  // The `key.changed` among the good entries, not looked into; at most kMaxLogKeys,
  // which is more than a good log can have.
  std::vector<Entry> key_changes;
  std::vector<TreeAt> wanted;
  std::optional<Digest> wanted_leaf;
  // The first defect that shows here, at entry `first + good`; the one in the tiles
  // over the slice, which only counts if the whole ledger's entries hold.
  std::optional<Defect> defect;
  std::optional<Defect> tile_defect;
};

// Checks leaf, grammar, index, links within the slice, opening, and the tiles of
// levels 0 and 1. Not checked: whether entry `first` follows the one before it, and
// `subject_prev` of the first entry here on each subject.
// Errors: those of `reader`; Internal if `task` is none.
StatusOr<SliceResult> CheckSlice(const SliceTask& task, EntryReader& reader, const Hasher& hasher);

}  // namespace svidence::ledger
