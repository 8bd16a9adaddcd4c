// What a start takes from the derived state instead of reading the whole ledger.
#pragma once

#include <memory>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/derived/derived_writer.h"
#include "plugin/core/ledger/derived/seal.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/subject_index.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

struct QuickStartPorts {
  LedgerStore& ledger;
  DerivedStore& derived;
  const Hasher& hasher;
  const Ed25519Verifier& verifier;
};

// The ledger's state after the entries that are covered.
struct RestoredState {
  LogIdentity identity{};
  KeySchedule keys;
  ChainEnd end{};
  std::unique_ptr<SubjectIndex> subjects{};
  CompactRange tree{};
  std::vector<EntryIndex> states{};  // the state entries, in order
  StatesDigest states_digest{};      // of these
  DerivedWriter writer;              // goes on from here
};

// Believes nothing that the log's key has not sealed: tree, subjects and state
// entries have the digests of the seal, the seal is signed by the key of the log that
// entry 0 and the changes of key name, and the ledger has, hashed from their bytes, the last
// covered entry and each state entry. The other entries are not read.
//
// Errors: any, saying what is not intact: then the whole ledger has to be read.
StatusOr<RestoredState> RestoreState(const QuickStartPorts& ports, const Head& ledger);

// Entry `index` of `ledger`, its leaf hash computed from its bytes.
// Errors: DataLoss if it is missing; those of the store.
StatusOr<StoredEntry> ReadHashed(LedgerStore& ledger, const Hasher& hasher, EntryIndex index);

}  // namespace svidence::ledger
