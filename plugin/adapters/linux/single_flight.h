// One run of a slow question for all who ask it at the same time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/job_pool.h"

namespace svidence::linux_os {

// Thread-safe. Nobody may be waiting in Get() when it is destroyed.
template <typename Key, typename Value>
class SingleFlight {
 public:
  // The answer. Runs on a thread of the pool, even when nobody waits any more.
  using Work = std::function<StatusOr<Value>(const std::stop_token& pool_stop)>;

  explicit SingleFlight(JobPoolLimits limits) : pool_(limits) {}

  // The answer to `key`: that of the run under way, or else of `work`, which
  // then counts as `owner`'s. Waits for at most `patience`, and not beyond a
  // request of `stop`.
  //
  // Errors: those of the run; DeadlineExceeded; ResourceExhausted from the pool.
  StatusOr<Value> Get(const Key& key, std::uint32_t owner, std::chrono::milliseconds patience,
                      const std::stop_token& stop, Work work) {
    const auto until = std::chrono::steady_clock::now() + patience;
    SVIDENCE_ASSIGN_OR_RETURN(const std::shared_ptr<Flight> flight,
                              Join(key, owner, std::move(work)));
    std::unique_lock lock(mutex_);
    landed_.wait_until(lock, stop, until, [&flight] { return flight->answer.has_value(); });
    if (!flight->answer.has_value()) return DeadlineExceeded("no answer in time");
    return *flight->answer;
  }

 private:
  struct Flight {
    std::optional<StatusOr<Value>> answer;
  };

  StatusOr<std::shared_ptr<Flight>> Join(const Key& key, std::uint32_t owner, Work work) {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<Flight>& flight = flights_[key];
    if (flight != nullptr) return flight;
    flight = std::make_shared<Flight>();
    const Status submitted = pool_.Submit(
        owner, [this, key, flight, work = std::move(work)](const std::stop_token& pool_stop) {
          Land(key, *flight, work(pool_stop));
        });
    if (!submitted.ok()) {
      flights_.erase(key);
      return submitted;
    }
    return flight;
  }

  void Land(const Key& key, Flight& flight, StatusOr<Value> answer) {
    {
      const std::scoped_lock lock(mutex_);
      flight.answer = std::move(answer);
      flights_.erase(key);
    }
    landed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any landed_;
  std::map<Key, std::shared_ptr<Flight>> flights_;
  JobPool pool_;  // last: its threads use the members above
};

}  // namespace svidence::linux_os
