// Opens the ledger, and goes on trying where that can help.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "attestors/base/status.h"
#include "plugin/core/config/server_settings.h"
#include "plugin/server/books.h"

namespace svidence::server {

// Works on a thread of its own: a Configure must not wait for a ledger that is
// locked or long, since SPIRE does not start meanwhile.
class Opener {
 public:
  // Both are called on the opener's thread. `refused` may come many times, with
  // the reason as it is then; `opened` once, last of all.
  struct Hooks {
    std::function<void(std::unique_ptr<Books>)> opened;
    std::function<void(const Status& reason)> refused;
  };

  Opener(const SystemPorts& ports, config::ServerSettings settings, Hooks hooks);
  // Waits until the try under way has ended.
  ~Opener();
  Opener(const Opener&) = delete;
  Opener& operator=(const Opener&) = delete;

  // Waits until the first try has ended, whatever came of it, at most `limit`.
  void AwaitFirst(std::chrono::milliseconds limit);

 private:
  void Run(const std::stop_token& stop);
  // True if trying again cannot help: somebody must look at the ledger.
  bool TryOnce();
  void FirstDone();

  const SystemPorts ports_;
  const config::ServerSettings settings_;
  const Hooks hooks_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool first_done_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace svidence::server
