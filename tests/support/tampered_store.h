// A ledger as somebody has left it who had its files in hand.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plugin/core/ledger/audit/store_source.h"
#include "plugin/core/ledger/store.h"

namespace svidence::testing {

// What is stored; entries that are nullopt are gone from the middle.
struct TamperedLedger {
  std::vector<std::optional<ledger::StoredEntry>> entries;
  StatusOr<ledger::Head> head = ledger::Head{};
};

inline TamperedLedger Untouched(const std::vector<ledger::StoredEntry>& entries) {
  TamperedLedger ledger;
  ledger.entries.assign(entries.begin(), entries.end());
  if (!entries.empty()) {
    ledger.head = ledger::Head{.size = entries.size(), .last_leaf = entries.back().leaf};
  }
  return ledger;
}

// Answers as the store over SQLite does. `ledger` must outlive it.
class TamperedStore final : public ledger::LedgerStore {
 public:
  explicit TamperedStore(const TamperedLedger& ledger) : ledger_(ledger) {}

  StatusOr<ledger::Head> ReadHead() override { return ledger_.head; }
  Status Append(const ledger::Head&, std::span<const ledger::StoredEntry>) override {
    return FailedPrecondition("read-only");
  }
  StatusOr<std::vector<ledger::StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                                  std::size_t max_bytes) override {
    std::vector<ledger::StoredEntry> found;
    std::size_t bytes = 0;
    for (std::size_t i = first; i < ledger_.entries.size() && found.size() < max_entries; ++i) {
      if (!ledger_.entries[i]) return DataLoss("entry " + std::to_string(i) + " is missing");
      bytes += ledger_.entries[i]->bytes.size();
      if (bytes > max_bytes && !found.empty()) break;
      found.push_back(*ledger_.entries[i]);
    }
    return found;
  }

 private:
  const TamperedLedger& ledger_;
};

// `ledger` must outlive it.
inline ledger::StoreSource SourceOf(const TamperedLedger& ledger) {
  return ledger::StoreSource(std::make_unique<TamperedStore>(ledger), [&ledger] {
    return StatusOr<std::unique_ptr<ledger::LedgerStore>>(std::make_unique<TamperedStore>(ledger));
  });
}

}  // namespace svidence::testing
