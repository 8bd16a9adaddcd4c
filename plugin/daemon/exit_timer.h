// The end of a process that does not end by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace svidence::daemon {

// Ends the process with status 1 unless it is destroyed within `limit`: around
// what waits for calls in progress, as one of them may never return.
class ExitTimer {
 public:
  // `last_words` runs before the end, on the timer's thread; it must return.
  ExitTimer(std::chrono::milliseconds limit, std::function<void()> last_words);
  ~ExitTimer();
  ExitTimer(const ExitTimer&) = delete;
  ExitTimer& operator=(const ExitTimer&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;
  std::jthread thread_;
};

}  // namespace svidence::daemon
