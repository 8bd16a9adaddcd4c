// Port: where entries are kept.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {

struct StoredEntry {
  std::string bytes;
  Digest leaf{};  // as stored: never trusted, always recomputed by whoever verifies
};

// Where the ledger ends.
struct Head {
  EntryIndex size = 0;  // number of entries; the next one has this index
  Digest last_leaf{};   // zeros if there is none

  friend bool operator==(const Head&, const Head&) = default;
};

// Implemented over SQLite by plugin/adapters/sqlite, in memory with faults by
// tests/support; tests/integration/ledger_store_contract_test.cc holds both to
// what stands here. One thread appends; any thread may read.
class LedgerStore {
 public:
  virtual ~LedgerStore() = default;

  // Errors: DataLoss if the stored head does not fit the stored entries.
  virtual StatusOr<Head> ReadHead() = 0;

  // Adds `entries` behind `expected`, all or none. When it returns OK they
  // survive SIGKILL and power loss, as far as the disk keeps what it has synced.
  //
  // Errors: FailedPrecondition if the ledger does not end at `expected` (another
  //         writer), ResourceExhausted if the disk is full (nothing was added,
  //         the same call may succeed later), Unavailable if it is not known
  //         whether the entries are there: the caller reads the head again.
  virtual Status Append(const Head& expected, std::span<const StoredEntry> entries) = 0;

  // Up to `max_entries` entries from index `first`, in order; fewer if they
  // would exceed `max_bytes`, but at least one; none if `first` is past the end.
  // Errors: DataLoss if an entry in between is missing.
  virtual StatusOr<std::vector<StoredEntry>> Read(EntryIndex first, std::size_t max_entries,
                                                  std::size_t max_bytes) = 0;
};

}  // namespace svidence::ledger
