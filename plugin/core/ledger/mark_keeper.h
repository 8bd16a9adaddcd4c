// Writes the high-water mark behind the commits, on a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "attestors/base/status.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

// What is durable at one moment.
struct Durable {
  Head head{};
  // The newest signed note, of at most head.size entries; empty: none.
  std::string checkpoint{};

  friend bool operator==(const Durable&, const Durable&) = default;
};

// Looks once per interval at what is durable and writes that down if it has moved; once more when
// destroyed. The mark lags and never leads, because the head it is given is durable already; and no
// commit waits for it.
class MarkKeeper {
 public:
  // `marks` must outlive this object, and so must what `durable` uses, which is
  // called on another thread. `checkpoint` is that of the mark as it was found: a
  // log that cannot sign at the moment does not forget it.
  MarkKeeper(MarkStore& marks, LogIdentity identity, std::string checkpoint,
             std::function<Durable()> durable,
             std::chrono::milliseconds interval = std::chrono::seconds(1));
  ~MarkKeeper();
  MarkKeeper(const MarkKeeper&) = delete;
  MarkKeeper& operator=(const MarkKeeper&) = delete;

  // Why the mark could not be written last time; empty if it could. Thread-safe.
  std::string trouble() const;
  // Entries that the mark has seen. Thread-safe.
  EntryIndex marked() const;

 private:
  void Run(const std::stop_token& stop);
  void WriteIfMoved();

  MarkStore& marks_;
  const LogIdentity identity_;
  const std::string first_checkpoint_;
  const std::function<Durable()> durable_;
  const std::chrono::milliseconds interval_;

  mutable std::mutex mutex_;
  Durable marked_;
  std::string trouble_;

  std::jthread thread_;  // last: it uses the rest
};

}  // namespace svidence::ledger
