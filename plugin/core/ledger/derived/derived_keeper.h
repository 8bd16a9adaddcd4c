// Keeps the derived state up to the ledger, on a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/derived/derived_store.h"
#include "plugin/core/ledger/derived/derived_writer.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

// Looks once per interval at where the ledger ends, reads what is new from there
// and hashes it again, and writes what it changes, one transaction a slice. No
// commit waits for it, and nothing that happens to it hurts one: the worst is that
// the next start has to read the whole ledger.
class DerivedKeeper {
 public:
  struct Ports {
    LedgerStore& ledger;
    DerivedStore& derived;
    const Hasher& hasher;
    const CheckpointSigner& log;
    // Where the ledger ends, durably. Called on the keeper's thread.
    std::function<Head()> durable_head;
  };
  struct Settings {
    std::chrono::milliseconds interval{500};
    // How many intervals to wait after a failure.
    int retry_intervals = 10;
  };

  // All ports must outlive this object. `writer` is what the start has left, where
  // it has left one: without it, or if it does not fit, all is built anew.
  DerivedKeeper(Ports ports, std::string uuid, std::unique_ptr<DerivedWriter> writer)
      : DerivedKeeper(std::move(ports), std::move(uuid), std::move(writer), Settings()) {}
  DerivedKeeper(Ports ports, std::string uuid, std::unique_ptr<DerivedWriter> writer,
                Settings settings);
  // Catches up first, unless that would take long.
  ~DerivedKeeper();
  DerivedKeeper(const DerivedKeeper&) = delete;
  DerivedKeeper& operator=(const DerivedKeeper&) = delete;

  // Throws the derived state away and builds it anew: for whoever finds that what
  // it gives does not verify. Thread-safe; returns at once.
  void Rebuild(std::string why);

  // Entries that are covered. Thread-safe.
  EntryIndex covered() const;
  // Why it could not follow last time; empty if it could. Thread-safe.
  std::string trouble() const;

 private:
  void Run(const std::stop_token& stop);
  Status CatchUp(const std::function<bool()>& stopped);
  Status RestartIfAsked();
  Status TakeSlice(EntryIndex end);
  Status Take(const StoredEntry& entry);
  void Tell(const Status& status);

  const Ports ports_;
  const Settings settings_;

  // Of the keeper's thread.
  std::unique_ptr<DerivedWriter> writer_;
  std::optional<ChainChecker> checker_;
  bool restart_ = false;

  mutable std::mutex mutex_;
  EntryIndex covered_ = 0;
  std::string trouble_;
  bool rebuild_asked_ = false;

  std::jthread thread_;  // last: it uses the rest
};

}  // namespace svidence::ledger
