// Ports: what is computed from the ledger and kept beside it.
//
// Everything here can be deleted at any time and is rebuilt from the entries. It
// saves a start the reading of the whole ledger, and gives the server's proofs
// their nodes. What it says is believed only as far as its seal (seal.h) reaches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/subject_index.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {

// Entries that make up the state of registry and deny set: all but issuances,
// which are nearly all of a ledger.
constexpr bool IsStateType(std::string_view type) { return !type.starts_with("issue."); }

// The last entry on a subject.
struct SubjectHead {
  SubjectKey key{};
  EntryIndex last = 0;

  friend bool operator==(const SubjectHead&, const SubjectHead&) = default;
};

// A tile of hashes as it is now: it replaces a narrower one of the same place.
struct DerivedTile {
  unsigned level = 0;
  std::uint64_t index = 0;
  std::string hashes{};  // 1 to kTileWidth, one after the other
};

// What a slice of entries has changed.
struct DerivedDelta {
  EntryIndex from = 0;  // entries [from, size) are new; none if only the seal is
  EntryIndex size = 0;
  std::string seal{};                   // of the whole state up to `size`; empty: none yet
  std::vector<DerivedTile> tiles{};     // new or wider
  std::vector<SubjectHead> subjects{};  // each once, with its last entry
  std::vector<EntryIndex> states{};     // of IsStateType, ascending
};

// Port: the tree over the entries covered so far, as tiles of hashes. Give it with
// a size up to CoveredSize() to a TileNodeReader, and proofs, roots and the right
// edge of any tree up to there are to be had. Implemented over SQLite by
// plugin/adapters/sqlite (DerivedTiles, with a connection of its own: one for each
// thread that reads), in memory with faults by tests/support.
class DerivedTiles : public TileReader {
 public:
  // How many entries the stored tree has; 0 while there is none. It follows the
  // ledger within about a second, and may go back to 0 when damage was found and
  // all is built anew.
  // Errors: whatever keeps it from being read.
  virtual StatusOr<EntryIndex> CoveredSize() = 0;

  // TileReader: any tile of hashes of any tree up to the covered one, full or
  // partial. Entry bundles are NotFound: the entries are the ledger's.
  // Errors: also DataLoss if what is stored is not what was written.
};

// Port: the whole of it, for its one writer. Implemented over SQLite by
// plugin/adapters/sqlite, in memory with faults by tests/support;
// tests/integration/derived_store_contract_test.cc holds both to what stands here.
// One caller at a time.
class DerivedStore : public DerivedTiles {
 public:
  // The seal that Extend() was given last, not looked into.
  // Errors: NotFound if that was none, or nothing is covered; DataLoss if it is
  //         damaged.
  virtual StatusOr<std::string> ReadSeal() = 0;

  // Adds a slice, all or nothing.
  // Errors: FailedPrecondition unless `delta.from` is the covered size;
  //         ResourceExhausted, Unavailable, DataLoss as what is below says.
  virtual Status Extend(const DerivedDelta& delta) = 0;

  // Forgets everything, also what is too damaged to be read.
  virtual Status Clear() = 0;

  // Calls `visit` for each subject, in any order, until it gives an error.
  // Errors: that of `visit`; whatever keeps them from being read.
  using VisitSubject = std::function<Status(const SubjectHead&)>;
  virtual Status VisitSubjects(const VisitSubject& visit) = 0;

  // At most `max` state entries from index `first` on, ascending.
  virtual StatusOr<std::vector<EntryIndex>> ReadStates(EntryIndex first, std::size_t max) = 0;
};

}  // namespace svidence::ledger
