// A thread for what a callback service must not do itself: block.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace svidence {

// Runs what it is given one after another, on one thread, which is there from
// the first piece of work on. Thread-safe.
//
// Why not synchronous services: as soon as a server has one, gRPC 1.51 reads all
// its connections on threads of their own, which hand every call of a callback
// service on to another thread.
class BlockingWorker {
 public:
  BlockingWorker() = default;
  // Finishes what was given, then joins.
  ~BlockingWorker();
  BlockingWorker(const BlockingWorker&) = delete;
  BlockingWorker& operator=(const BlockingWorker&) = delete;

  // False without a thread or after kMaxQueued pieces of work that wait: `work`
  // will not run. `work` must not throw.
  bool Run(std::function<void()> work);

  static constexpr std::size_t kMaxQueued = 16;

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace svidence
