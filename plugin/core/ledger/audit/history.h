// All that a ledger holds about one subject.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/defect.h"

namespace svidence::ledger {

struct HistoryEntry {
  EntryIndex index = 0;
  std::string bytes;
};

struct History {
  std::vector<HistoryEntry> entries;  // the newest ones, oldest first
  std::size_t count = 0;              // of all entries on the subject
  // The first entry whose `subject_prev` is not the one before it: something was
  // taken out or put in.
  std::optional<Defect> gap;
};

// Looks at each of the first `size` entries, and walks the links between those on
// `subject`: what is found is all there is, if the entries are those of a tree that
// somebody vouches for. What the log has behind them is not shown. Keeps the last
// `limit` entries.
// Errors: DataLoss if an entry is not there or is none; those of `reader`.
StatusOr<History> FindHistory(EntryReader& reader, EntryIndex size, std::string_view subject,
                              std::size_t limit);

}  // namespace svidence::ledger
