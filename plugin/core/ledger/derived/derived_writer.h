// Follows entries and writes what they change into a DerivedStore, slice by slice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/derived/seal.h"
#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

// How many entries one transaction takes: the larger, the fewer pages are written
// twice; the smaller, the less is held in memory (about 100 bytes an entry).
constexpr std::size_t kMaxDerivedSlice = 16'384;

// Not thread-safe. Looks at no links and no leaf hashes: its caller has done so.
class DerivedWriter {
 public:
  // The ports must outlive this object. Nothing is covered yet: Restart() before
  // the first entry.
  DerivedWriter(DerivedStore& store, const Hasher& hasher, std::string uuid);
  // Goes on from what is stored. `tree` is the right edge over `state.head`.
  // Errors: whatever keeps its tiles from being read.
  static StatusOr<DerivedWriter> Resume(DerivedStore& store, const Hasher& hasher,
                                        const DerivedState& state, const CompactRange& tree);

  // Takes the next entry; touches no store.
  // Errors: InvalidArgument if it is not the next one; ResourceExhausted if a slice
  //         is full: Flush() first.
  Status Add(const EntryView& entry, const Digest& leaf);
  bool full() const { return pending() >= kMaxDerivedSlice; }

  // Stores what was added since, under a seal; without `log`, without one. After an
  // error the same call may be tried again.
  // Errors: those of the signer and of DerivedStore::Extend.
  Status Flush(const CheckpointSigner* log);

  // Begins again from entry 0, in the store too.
  // Errors: those of DerivedStore::Clear.
  Status Restart();

  // Where the entries end that were added, and those that are stored.
  const Head& head() const { return head_; }
  EntryIndex stored() const { return state_.head.size; }
  // Is everything added stored, under a seal?
  bool sealed() const { return sealed_ && pending() == 0; }
  const DerivedState& state() const { return state_; }

 private:
  struct Change {
    std::optional<EntryIndex> before;  // as stored
    EntryIndex last = 0;
  };
  static constexpr std::size_t kTileLevels = 8;

  std::size_t pending() const { return static_cast<std::size_t>(head_.size - state_.head.size); }
  void AddHash(const NodeId& node, const Digest& digest);
  Status ReadOpenTiles();
  DerivedState NextState() const;
  DerivedDelta NextDelta(const DerivedState& next) const;
  void Forget();

  DerivedStore* store_;
  const Hasher* hasher_;
  DerivedState state_;  // as stored
  bool sealed_ = false;

  // With the entries that are pending.
  Head head_;
  CompactRange tree_;
  StatesDigest states_;
  std::array<std::string, kTileLevels> open_;  // the partial tile of each level

  // Of the entries that are pending.
  std::vector<DerivedTile> filled_;
  std::map<SubjectKey, Change> subjects_;
  std::vector<EntryIndex> new_states_;
};

}  // namespace svidence::ledger
