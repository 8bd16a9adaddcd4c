// Start-up: the ledger is checked before anything is appended, whole or, where the
// derived state is intact, from where that ends.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/derived/derived_writer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/vkey.h"
#include "plugin/core/ledger/replay.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct OpenPorts {
  LedgerStore& store;
  MarkStore& marks;
  const Hasher& hasher;
  const Clock& clock;
  Random& random;
  // Verifies the checkpoint of a mark, the seal of the derived state and changes of the
  // log's key. Null: what needs that is refused.
  const Ed25519Verifier* verifier = nullptr;
  // Null: none is kept, and each start reads the whole ledger.
  DerivedStore* derived = nullptr;
};

// A ledger with fewer entries is always read whole: that takes a fraction of a
// second and shows more.
constexpr EntryIndex kMinQuickEntries = 100'000;

struct OpenSettings {
  std::string trust_domain;
  std::string by;         // of a new log's first entry: "server:<id>"
  PublicKey log_key{};    // must be the one that signs the log now
  OnProgress progress{};  // may be empty
  EntryIndex min_quick_entries = kMinQuickEntries;
  // Where it is set, it is asked instead for a log that has begun, with the key that
  // signs it now. Its error is a refusal.
  std::function<StatusOr<PublicKey>(const Vkey& current)> find_key{};
};

struct OpenedLedger {
  LogIdentity identity;
  ChainWriter::Start start;     // for the Committer
  bool created = false;         // a new log has begun
  bool mark_missing = false;    // an old log without a mark: it could not be compared
  bool quick = false;           // only state entries and the tail were read
  std::string why_not_quick{};  // of an old log whose entries were all read
  std::string checkpoint{};     // that of the mark; may be empty
  // For the DerivedKeeper; null: it begins the derived state anew.
  std::unique_ptr<DerivedWriter> derived{};
  KeySchedule keys;  // its last one signs from now on
};

// Begins a new log, with its `log.opened`, only if there is neither entry nor mark.
// Else takes what the derived state has up to some entry, if that is intact (see
// RestoreState), and replays the entries behind it; or replays all entries, filling
// the derived state anew. Compares the ledger with the high-water mark and the
// checkpoint in it. `observer` is told of each entry as if it had just been
// committed; at a quick start of those only that are IsStateType, but of all these,
// in order, before this returns. Does not write the mark: that is the MarkKeeper's.
//
// Errors, each with what differs and what to do:
//   FailedPrecondition  the ledger is of another trust domain or key, is shorter
//                       than the mark or differs from it, or the mark is no mark
//   DataLoss            an entry does not verify: index, kind and sentence
//   ResourceExhausted,
//   Unavailable         the store cannot be read, or not written for a new log
StatusOr<OpenedLedger> OpenLedger(const OpenPorts& ports, const OpenSettings& settings,
                                  CommitObserver& observer);

}  // namespace svidence::ledger
