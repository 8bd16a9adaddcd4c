// Start-up: the whole ledger is read and checked before anything is appended.
#pragma once

#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
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
};

struct OpenSettings {
  std::string trust_domain;
  std::string by;         // of a new log's first entry: "server:<id>"
  PublicKey log_key{};    // must be the one the log was opened with
  OnProgress progress{};  // may be empty
};

struct OpenedLedger {
  LogIdentity identity;
  ChainWriter::Start start;   // for the Committer
  bool created = false;       // a new log has begun
  bool mark_missing = false;  // an old log without a mark: it could not be compared
};

// Reads the ledger from its first entry, gives each to `observer` as if it had
// just been committed, and compares it with the high-water mark. Begins a new
// log, with its `log.opened`, only if there is neither entry nor mark. Does not
// write the mark: that is the MarkKeeper's.
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
