#include "plugin/core/admin/ledger_reader.h"

#include <algorithm>
#include <utility>

#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/verify.h"

namespace svidence::admin {
namespace {

using ledger::EntryIndex;
using ledger::StoredEntry;

// Entries that List reads at a time, going backwards.
constexpr EntryIndex kBlock = 256;
constexpr std::size_t kReadBytes = std::size_t{1024} * 1024;

bool MatchesType(std::string_view pattern, std::string_view type) {
  if (pattern.empty()) return true;
  if (pattern.back() != '*') return type == pattern;
  pattern.remove_suffix(1);
  return type.starts_with(pattern);
}

bool Matches(const EntryQuery& query, const ledger::EntryView& entry) {
  return MatchesType(query.type, entry.type) &&
         (query.agent.empty() || entry.agent == query.agent) &&
         (query.subject.empty() || entry.subject == query.subject);
}

Status Damaged(EntryIndex index, std::string_view why) {
  return DataLoss("entry " + std::to_string(index) + ": " + std::string(why) +
                  "; run `svidence ledger verify`");
}

}  // namespace

StatusOr<std::vector<StoredEntry>> LedgerReader::ReadRange(EntryIndex first, EntryIndex end) {
  std::vector<StoredEntry> all;
  while (first < end) {
    SVIDENCE_ASSIGN_OR_RETURN(std::vector<StoredEntry> some,
                              store_.Read(first, end - first, kReadBytes));
    if (some.empty()) return Damaged(first, "is missing");
    first += some.size();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

StatusOr<LedgerInfo> LedgerReader::Info() {
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, store_.ReadHead());
  if (head.size == 0) return FailedPrecondition("the ledger is empty: no server has opened it yet");
  LedgerInfo info;
  info.directory = directory_;
  info.size = head.size;
  info.last_leaf = head.last_leaf;

  SVIDENCE_ASSIGN_OR_RETURN(const std::string opened, Get(0));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Entry entry, ledger::ParseEntry(opened));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::LogIdentity identity,
                            ledger::ParseOpened(hasher_, entry));
  info.uuid = identity.uuid;
  info.origin = identity.origin;
  info.vkey = identity.vkey;
  info.trust_domain = identity.trust_domain;

  SVIDENCE_ASSIGN_OR_RETURN(const std::string last, Get(head.size - 1));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::EntryView view, ledger::ScanEntry(last));
  info.last_at_millis = view.place.at_millis;
  return info;
}

StatusOr<ledger::KeySchedule> LedgerReader::Keys() {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string opened, Get(0));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Entry entry, ledger::ParseEntry(opened));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::LogIdentity identity,
                            ledger::ParseOpened(hasher_, entry));
  SVIDENCE_ASSIGN_OR_RETURN(ledger::KeySchedule keys,
                            ledger::KeySchedule::Begin(hasher_, identity));
  EntryIndex index = 0;
  const auto apply = [&](const std::vector<std::string>& entries) -> Status {
    for (const std::string& bytes : entries) {
      const StatusOr<ledger::EntryView> view = ledger::ScanEntry(bytes);
      if (!view.ok()) return Damaged(index, Message(view.status()));
      ++index;
      if (view->type != ledger::kKeyChangedType) continue;
      if (verifier_ == nullptr) return FailedPrecondition("no signature can be checked here");
      SVIDENCE_ASSIGN_OR_RETURN(const ledger::Entry change, ledger::ParseEntry(bytes));
      const Status good = keys.Apply(hasher_, *verifier_, change);
      if (!good.ok()) return Damaged(index - 1, Message(good));
    }
    return OkStatus();
  };
  SVIDENCE_RETURN_IF_ERROR(Export(0, apply));
  return keys;
}

StatusOr<EntryPage> LedgerReader::List(const EntryQuery& query) {
  if (query.page_size == 0 || query.page_size > kMaxPageEntries) {
    return InvalidArgument("page size must be 1.." + std::to_string(kMaxPageEntries) + ", got " +
                           std::to_string(query.page_size));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, store_.ReadHead());
  EntryPage page;
  std::size_t bytes = 0;
  std::size_t scanned = 0;
  EntryIndex end = std::min(query.before.value_or(head.size), head.size);
  while (end > 0 && scanned < kMaxScannedEntries) {
    const EntryIndex first = end - std::min(end, kBlock);
    SVIDENCE_ASSIGN_OR_RETURN(std::vector<StoredEntry> block, ReadRange(first, end));
    for (; end > first; --end, ++scanned) {
      std::string& entry = block[end - 1 - first].bytes;
      const StatusOr<ledger::EntryView> view = ledger::ScanEntry(entry);
      if (!view.ok()) return Damaged(end - 1, Message(view.status()));
      if (!Matches(query, *view)) continue;
      const bool is_full = page.entries.size() == query.page_size ||
                           (!page.entries.empty() && bytes + entry.size() > kMaxPageBytes);
      if (is_full) {
        page.before = end;
        return page;
      }
      bytes += entry.size();
      page.entries.push_back(std::move(entry));
    }
  }
  if (end > 0) page.before = end;
  return page;
}

StatusOr<std::string> LedgerReader::Get(EntryIndex index) {
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<StoredEntry> found, store_.Read(index, 1, kReadBytes));
  if (found.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, store_.ReadHead());
    return NotFound("there is no entry " + std::to_string(index) + ": the ledger has " +
                    std::to_string(head.size));
  }
  return std::move(found.front().bytes);
}

Status LedgerReader::Export(EntryIndex first, const EntrySink& sink) {
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, store_.ReadHead());
  if (first > head.size) {
    return InvalidArgument("first entry must be at most " + std::to_string(head.size) + ", got " +
                           std::to_string(first));
  }
  while (first < head.size) {
    SVIDENCE_ASSIGN_OR_RETURN(
        const std::vector<StoredEntry> some,
        store_.Read(first, std::min<EntryIndex>(head.size - first, kMaxPageEntries),
                    kMaxPageBytes));
    if (some.empty()) return Damaged(first, "is missing");
    std::vector<std::string> entries;
    entries.reserve(some.size());
    for (const StoredEntry& entry : some) entries.push_back(entry.bytes);
    SVIDENCE_RETURN_IF_ERROR(sink(entries));
    first += some.size();
  }
  return OkStatus();
}

StatusOr<VerifyReport> LedgerReader::Verify(const VerifyProgress& progress) {
  ledger::VerifyOptions options;
  options.verifier = verifier_;
  options.progress = [&progress](const ledger::Progress& so_far) {
    return progress(so_far.done, so_far.total);
  };
  if (marks_ != nullptr) {
    SVIDENCE_ASSIGN_OR_RETURN(options.mark, ledger::ReadMark(*marks_));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::VerifyReport found,
                            ledger::VerifyLedger(store_, hasher_, options));
  VerifyReport report;
  if (!options.mark) {
    report.unmarked = marks_ == nullptr ? "no high-water mark is known"
                                        : "there is no high-water mark at " + marks_->Where();
  }
  report.intact = found.ok();
  report.entries = found.head.size;
  report.last_leaf = found.head.last_leaf;
  if (found.defect) {
    report.first_bad = found.defect->index;
    report.kind = ledger::NameOf(found.defect->kind);
    report.reason = found.defect->sentence;
  }
  return report;
}

}  // namespace svidence::admin
