#include "plugin/core/ledger/audit/history.h"

#include <utility>

#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/entry_scanner.h"

namespace svidence::ledger {
namespace {

class Walk {
 public:
  Walk(std::string_view subject, std::size_t limit) : subject_(subject), limit_(limit) {}

  Status Look(EntryIndex index, std::string_view bytes);
  History Take() { return std::move(found_); }

 private:
  const std::string_view subject_;
  const std::size_t limit_;
  std::optional<EntryIndex> last_;
  History found_;
};

Status Walk::Look(EntryIndex index, std::string_view bytes) {
  const StatusOr<EntryView> view = ScanEntry(bytes);
  if (!view.ok()) {
    return DataLoss("entry " + std::to_string(index) + ": " + Message(view.status()) +
                    "; run `svidence ledger verify`");
  }
  if (view->subject != subject_) return OkStatus();
  if (!found_.gap) found_.gap = CheckSubjectPrev(index, *view, last_);
  last_ = index;
  ++found_.count;
  found_.entries.push_back({.index = index, .bytes = std::string(bytes)});
  // Dropped in bulk, so that a long history does not cost its square.
  if (found_.entries.size() >= 2 * limit_) {
    found_.entries.erase(found_.entries.begin(),
                         found_.entries.end() - static_cast<std::ptrdiff_t>(limit_));
  }
  return OkStatus();
}

}  // namespace

StatusOr<History> FindHistory(EntryReader& reader, EntryIndex size, std::string_view subject,
                              std::size_t limit) {
  if (limit == 0) return InvalidArgument("at least one entry must be asked for");
  Walk walk(subject, limit);
  EntryBlock block;
  for (EntryIndex next = 0; next < size; next += block.entries.size()) {
    SVIDENCE_RETURN_IF_ERROR(reader.Read(next, static_cast<std::size_t>(size - next), block));
    if (block.entries.empty()) {
      return DataLoss("entry " + std::to_string(next) + ": " +
                      (block.defect ? block.defect->sentence : "is not there") +
                      "; run `svidence ledger verify`");
    }
    for (std::size_t i = 0; i < block.entries.size(); ++i) {
      SVIDENCE_RETURN_IF_ERROR(walk.Look(next + i, block.entries[i]));
    }
  }
  History history = walk.Take();
  if (history.entries.size() > limit) {
    history.entries.erase(history.entries.begin(),
                          history.entries.end() - static_cast<std::ptrdiff_t>(limit));
  }
  return history;
}

}  // namespace svidence::ledger
