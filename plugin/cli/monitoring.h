// Watching a published log: what was seen of it stays true, and what is new is good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/cli/environment.h"
#include "plugin/cli/trust.h"
#include "plugin/core/ledger/audit/compare.h"

namespace svidence::cli {

struct MonitorTask {
  std::string source;
  std::string state;              // file, mode 0600: the largest checkpoint that held
  std::string fraud;              // file for a fraud proof
  std::vector<std::string> seen;  // files with checkpoints that others were shown
};

struct MonitorRound {
  ledger::EntryIndex size = 0;  // of the published checkpoint
  Digest root{};
  ledger::EntryIndex added = 0;  // entries that were new and are good
  std::uint64_t unfollowed = 0;  // as TailReport
  std::string alarm{};           // a finding; empty: none
  std::string fraud{};           // the file that proves it; empty: none
};

// Compares the published checkpoint with the state and with what others have seen,
// verifies the entries that are new since, and moves the state on if all of that
// held. Without state the whole log is verified. `trust` must be given().
// Errors: what keeps the log or a file from being read; InvalidArgument if one of
//         them is none. What a log must not do is no error but an alarm.
StatusOr<MonitorRound> WatchOnce(const Environment& env, const Trust& trust,
                                 const MonitorTask& task);

// Compares checkpoints with one another, without a log: equal sizes only.
// Errors: as WatchOnce.
StatusOr<MonitorRound> CompareSeen(const Environment& env, const Trust& trust,
                                   const MonitorTask& task);

}  // namespace svidence::cli
