// What the tool does with a ledger's files while no server needs to run.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/replay.h"

namespace svidence::cli {

struct LedgerInit {
  std::string trust_domain{};
  std::string ledger_dir{};
  std::string mark_dir{};  // empty: "<ledger_dir>-mark"
  std::string log_key{};   // as the setting; empty: "<ledger_dir>/log.key"
  std::string server_id = "a";
};

struct NewLedger {
  std::string origin{};
  std::string vkey{};
  std::string mark_dir{};
  std::string log_key{};
};

// Begins a new log: its directory, its key, its first entry and its mark.
// Errors: AlreadyExists if a ledger, a mark or the key's file is there; InvalidArgument
//         on a trust domain or paths that a server would not take; those of the files.
StatusOr<NewLedger> InitLedger(const Clock& clock, const Hasher& hasher, const LedgerInit& init);

struct Backup {
  std::string ledger_dir{};
  std::string directory{};   // of the backup
  std::string checkpoint{};  // the newest signed note that is known; may be empty
  bool with_sponsors = false;
};

struct BackedUp {
  std::uint64_t entries = 0;
  Digest root{};
  std::uint64_t checkpoint_size = 0;  // 0: there is none in it
};

// Copies the ledger, beside a running server too, into the new directory, reads the
// copy from its first entry, and writes what it is beside it. The log's key is never in
// a backup.
// Errors: AlreadyExists if the directory is there; DataLoss if the copy does not
//         verify, or does not go on from the checkpoint: it has no manifest then.
StatusOr<BackedUp> BackupLedger(const Clock& clock, const Hasher& hasher, const Backup& backup,
                                const ledger::OnProgress& progress);

// Puts a backup, verified, into a directory that has no ledger.
// Errors: AlreadyExists if a ledger is there; FailedPrecondition while a server works in
//         that directory; DataLoss if the backup is not what its manifest says.
StatusOr<BackedUp> RestoreLedger(const Hasher& hasher, const Backup& backup,
                                 const ledger::OnProgress& progress);

}  // namespace svidence::cli
