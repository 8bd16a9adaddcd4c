#include "plugin/agent/call_pool.h"

#include <system_error>
#include <thread>
#include <utility>

namespace svidence::agent {

CallPool::~CallPool() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  thread_ended_.wait(lock, [this] { return threads_ == 0; });
}

bool CallPool::Run(std::size_t limit, Job job) {
  const std::scoped_lock lock(mutex_);
  if (running_ >= limit) return false;
  if (idle_ <= ready_.size() && !StartThread()) return false;
  ++running_;
  ready_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

// std::thread throws when the system has no thread left.
bool CallPool::StartThread() {
  try {
    // Detached, as it ends by itself; the destructor waits for the count.
    std::thread([this] { Work(); }).detach();
    ++threads_;
    ++idle_;  // it is about to ask for a job
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void CallPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    const bool woken =
        wake_.wait_for(lock, kIdleTime, [this] { return stopping_ || !ready_.empty(); });
    if (!ready_.empty()) {
      --idle_;
      Job job = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      job();
      job = nullptr;  // what it holds is let go without the lock
      lock.lock();
      --running_;
      ++idle_;
    } else if (stopping_ || (!woken && threads_ > kThreadsKept)) {
      break;
    }
  }
  --idle_;
  --threads_;
  // Under the lock: the pool may be gone as soon as it is released.
  thread_ended_.notify_all();
}

std::size_t CallPool::running() const {
  const std::scoped_lock lock(mutex_);
  return running_;
}

}  // namespace svidence::agent
