// The thread that keeps the index and lets the ledger name it.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/index/index_follower.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct IndexStats {
  EntryIndex covered = 0;  // entries folded
  std::size_t subjects = 0;
  std::string trouble;  // why the index cannot go on; empty if it can
};

class IndexKeeper {
 public:
  // All must outlive this object.
  struct Ports {
    LedgerStore& store;
    Committer& committer;
    const Hasher& hasher;
    const Clock& clock;
  };

  // Looks once per `tick` for new entries.
  IndexKeeper(const Ports& ports, IndexSettings settings,
              std::chrono::milliseconds tick = std::chrono::seconds(1));
  ~IndexKeeper();
  IndexKeeper(const IndexKeeper&) = delete;
  IndexKeeper& operator=(const IndexKeeper&) = delete;

  IndexStats Stats() const;

 private:
  void Run(const std::stop_token& stop);
  // Errors: the index cannot go on.
  Status Step(const std::stop_token& stop);
  Status AppendIfDue();
  void Note(const Status& status);

  const Ports ports_;
  const std::chrono::milliseconds tick_;
  IndexFollower follower_;  // of the thread alone

  mutable std::mutex mutex_;
  IndexStats stats_;

  std::jthread thread_;  // last: it uses the rest
};

}  // namespace svidence::ledger
