// Wakes the thread that retries.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace svidence::revocation {

// Thread-safe.
class Wake {
 public:
  void Notify() {
    const std::scoped_lock lock(mutex_);
    pending_ = true;
    changed_.notify_all();
  }
  // Until Notify, `stop`, or `millis` have passed.
  void Wait(const std::stop_token& stop, std::int64_t millis) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::chrono::milliseconds(millis), [this] { return pending_; });
    pending_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool pending_ = false;
};

}  // namespace svidence::revocation
