#include "plugin/adapters/linux/job_pool.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace svidence::linux_os {

JobPool::~JobPool() {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
    for (std::jthread& thread : threads_) thread.request_stop();
  }
  threads_.clear();  // joins
}

Status JobPool::Submit(std::uint32_t owner, Job job) {
  const std::scoped_lock lock(mutex_);
  Load& load = owners_[owner];
  if (jobs_ >= limits_.jobs || load.jobs >= limits_.jobs_of_one_owner) {
    const bool all = jobs_ >= limits_.jobs;
    if (load.jobs == 0) owners_.erase(owner);
    return ResourceExhausted(
        all ? "at most " + std::to_string(limits_.jobs) + " jobs may wait; try again"
            : "at most " + std::to_string(limits_.jobs_of_one_owner) +
                  " jobs for processes of uid " + std::to_string(owner) + " may wait; try again");
  }
  if (idle_ <= waiting_.size() && threads_.size() < limits_.threads && !StartThread() &&
      threads_.empty()) {
    if (load.jobs == 0) owners_.erase(owner);
    return ResourceExhausted("the system has no thread left for us");
  }
  ++jobs_;
  ++load.jobs;
  waiting_.push_back({owner, std::move(job)});
  wake_.notify_one();
  return OkStatus();
}

// std::jthread throws when the system has no thread left.
bool JobPool::StartThread() {
  try {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

std::deque<JobPool::Waiting>::iterator JobPool::Next() {
  return std::ranges::find_if(waiting_, [this](const Waiting& waiting) {
    return owners_[waiting.owner].running < limits_.running_of_one_owner;
  });
}

void JobPool::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    ++idle_;
    const bool found = wake_.wait(lock, stop, [this] { return Next() != waiting_.end(); });
    --idle_;
    if (!found) return;
    const auto next = Next();
    Waiting taken = std::move(*next);
    waiting_.erase(next);
    ++owners_[taken.owner].running;

    lock.unlock();
    taken.job(stop);
    taken.job = nullptr;  // what it holds is let go without the lock
    lock.lock();

    --jobs_;
    Load& load = owners_[taken.owner];
    --load.running;
    // If one of his had to wait, this thread takes it now.
    if (--load.jobs == 0) owners_.erase(taken.owner);
  }
}

}  // namespace svidence::linux_os
