#include "plugin/adapters/grpc/blocking_worker.h"

#include <system_error>
#include <utility>

namespace svidence {

BlockingWorker::~BlockingWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool BlockingWorker::Run(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kMaxQueued) return false;
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { Loop(); });
    } catch (const std::system_error&) {
      return false;
    }
  }
  queue_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void BlockingWorker::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace svidence
