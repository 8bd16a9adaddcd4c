// What `svidence status` says of each thing that can go wrong, and how bad it is.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/revocation/revocations.h"

namespace svidence::admin {

// Bad while appends fail.
Check LedgerCheck(const ledger::CommitterStats& stats);
// Bad while a revocation is in force that the ledger does not have; a warning
// while SPIRE still has entries of revoked identities.
Check RevocationCheck(const revocation::Stats& stats);
// `ping` is what SPIRE's private socket answered. A warning: issuing goes on
// without it, revocations wait.
Check SpireCheck(const Status& ping);
// The signer of checkpoints; `key` is the log's verifier key.
Check SignerCheck(const Status& loaded, const std::string& key);

struct DiskUse {
  std::uint64_t free_bytes = 0;     // for this user, on the ledger's file system
  std::uint64_t ledger_bytes = 0;   // of the files of the ledger
  std::uint64_t entries = 0;        // in it
  std::uint64_t entries_since = 0;  // of these, since the server started
  std::int64_t since_millis = 0;    // how long that is
};
// How long the disk lasts at the pace since the start. A warning below 30 days,
// bad below one.
Check DiskCheck(const DiskUse& use);

// `last_at_millis` is the time of the last entry. A warning when the wall clock
// is behind it: entries then carry its time, and issuances their true one.
Check ClockCheck(std::int64_t now_millis, std::int64_t last_at_millis);

}  // namespace svidence::admin
