// A thread for each call that may block, and a bound on their number.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace svidence::agent {

// Thread-safe. A call that hangs in the kernel (a file system whose server is
// gone) holds its own thread and no other call. Threads start when there is no
// idle one, and end after a while without work.
class CallPool {
 public:
  // Must not throw.
  using Job = std::function<void()>;

  static constexpr std::size_t kThreadsKept = 2;
  static constexpr std::chrono::seconds kIdleTime{10};

  CallPool() = default;
  // Waits for all jobs.
  ~CallPool();
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  // Runs `job` on another thread. False, and nothing is run, if `limit` jobs are
  // under way or the system has no thread left.
  bool Run(std::size_t limit, Job job);

  std::size_t running() const;

 private:
  bool StartThread();
  void Work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable thread_ended_;
  std::deque<Job> ready_;
  std::size_t running_ = 0;  // jobs, those that wait for their thread included
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
  bool stopping_ = false;
};

}  // namespace svidence::agent
