// A few threads for work that may take long or block: hashing a file, asking a
// directory of users.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "attestors/base/status.h"

namespace svidence::linux_os {

struct JobPoolLimits {
  std::size_t threads = 2;
  // Running and waiting, in all and for one owner.
  std::size_t jobs = 64;
  std::size_t jobs_of_one_owner = 16;
  // Running, for one owner: fewer than `threads` leaves room for others.
  std::size_t running_of_one_owner = 1;
};

// Thread-safe. Threads start with the first job that needs them and stay.
class JobPool {
 public:
  // What a job does; it ends early once the token is stopped. Must not throw.
  using Job = std::function<void(const std::stop_token&)>;

  explicit JobPool(JobPoolLimits limits) : limits_(limits) {}
  // Drops the jobs that wait, stops those that run, and waits for them.
  ~JobPool();
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  // Runs `job` when its turn comes: first come, first served, but that an owner
  // who has used up his share lets others pass.
  // Errors: ResourceExhausted if a limit is reached or no thread can be had.
  Status Submit(std::uint32_t owner, Job job);

 private:
  struct Waiting {
    std::uint32_t owner;
    Job job;
  };
  struct Load {
    std::size_t jobs = 0;
    std::size_t running = 0;
  };

  bool StartThread();
  void Run(const std::stop_token& stop);
  // The first job whose owner has a share left.
  std::deque<Waiting>::iterator Next();

  const JobPoolLimits limits_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Waiting> waiting_;
  std::map<std::uint32_t, Load> owners_;  // those who have jobs
  std::size_t jobs_ = 0;
  std::size_t idle_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace svidence::linux_os
