// SQLite on a SimulatedDisk.
#pragma once

#include <memory>

#include "tests/support/simulated_disk/disk.h"

struct sqlite3;

namespace svidence::testing {

// While it lives it is SQLite's default, so that the code under test needs no word
// of it. One at a time; connections must be closed before it goes. Syncs and locks
// as SQLite's own VFS for Unix does: the directory is synced with the first sync of
// a new log or journal, and with a removal.
class SimulatedVfs {
 public:
  explicit SimulatedVfs(SimulatedDisk& disk);
  ~SimulatedVfs();
  SimulatedVfs(const SimulatedVfs&) = delete;
  SimulatedVfs& operator=(const SimulatedVfs&) = delete;
};

// While it lives every new connection checkpoints after so many pages, so that small
// tests see checkpoints. One at a time.
class EarlyCheckpoints {
 public:
  explicit EarlyCheckpoints(int pages);
  ~EarlyCheckpoints();
  EarlyCheckpoints(const EarlyCheckpoints&) = delete;
  EarlyCheckpoints& operator=(const EarlyCheckpoints&) = delete;

  // The connection that was opened first since this exists: to plant a bug in its
  // settings. Null if there is none.
  static sqlite3* FirstConnection();
};

}  // namespace svidence::testing
