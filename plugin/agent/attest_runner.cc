#include "plugin/agent/attest_runner.h"

#include <string>

namespace svidence::agent {

// Shared by the thread that works on it, the watchdog and the caller's GiveUp.
class AttestRunner::Call {
 public:
  Call(Done done, metrics::Histogram& latency) : done_(std::move(done)), latency_(latency) {}

  std::stop_token stop() const { return stop_.get_token(); }
  void Stop() { stop_.request_stop(); }

  // Gives the answer, unless another thread was first; true if it was this one.
  bool Answer(const StatusOr<Selection>& selection) {
    if (answered_.exchange(true, std::memory_order_acq_rel)) return false;
    latency_.Observe(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin_));
    done_(selection);
    return true;
  }

 private:
  const Done done_;
  metrics::Histogram& latency_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::stop_source stop_;
  std::atomic<bool> answered_ = false;
};

AttestRunner::AttestRunner() : watchdog_([this](const std::stop_token& stop) { Watch(stop); }) {}

AttestRunner::~AttestRunner() {
  Deadlines left;
  {
    const std::scoped_lock lock(mutex_);
    left.swap(waiting_);
  }
  for (const auto& [when, call] : left) {
    call->Answer(Unavailable("the agent is shutting down"));
    call->Stop();
  }
}

void AttestRunner::Configure(std::shared_ptr<const AttestSetup> setup) {
  const std::scoped_lock lock(mutex_);
  setup_.swap(setup);  // the old one is let go after the lock
}

AttestHandler::GiveUp AttestRunner::Attest(std::int32_t wire_pid, Done done) {
  if (wire_pid > 0 && wire_pid == host_pid_.load(std::memory_order_relaxed)) {
    empty_.fetch_add(1, std::memory_order_relaxed);
    done(Selection{});
    return [] {};
  }
  const auto call = std::make_shared<Call>(std::move(done), latency_);
  std::shared_ptr<const AttestSetup> setup;
  Deadlines::key_type deadline;
  {
    const std::scoped_lock lock(mutex_);
    setup = setup_;
    if (setup != nullptr) {
      deadline = {Clock::now() + setup->timeout, ++calls_};
      waiting_.emplace(deadline, call);
      // Mostly it is awake before then anyhow, and needs no system call.
      if (deadline.first < watch_at_) {
        watch_at_ = deadline.first;
        wake_.notify_one();
      }
    }
  }
  if (setup == nullptr) {
    Answer(*call, FailedPrecondition("not configured"));
    return [] {};
  }
  const bool admitted = pool_.Run(setup->max_concurrent, [this, call, setup, wire_pid, deadline] {
    Answer(*call, setup->attestation.Attest(wire_pid, call->stop()));
    const std::scoped_lock lock(mutex_);
    waiting_.erase(deadline);
  });
  if (!admitted) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    {
      const std::scoped_lock lock(mutex_);
      waiting_.erase(deadline);
    }
    call->Answer(ResourceExhausted("at most " + std::to_string(setup->max_concurrent) +
                                   " attestations (max_concurrent) may run at a time; try again"));
  }
  return [call] {
    call->Answer(Cancelled("the caller has gone"));
    call->Stop();
  };
}

void AttestRunner::Answer(Call& call, const StatusOr<Selection>& selection) {
  if (!call.Answer(selection)) return;
  if (!selection.ok()) {
    failed_.fetch_add(1, std::memory_order_relaxed);
  } else if (selection->values.empty()) {
    empty_.fetch_add(1, std::memory_order_relaxed);
  } else {
    attested_.fetch_add(1, std::memory_order_relaxed);
  }
}

AttestRunner::Deadlines AttestRunner::TakeOverdue() {
  Deadlines overdue;
  const Clock::time_point now = Clock::now();
  while (!waiting_.empty() && waiting_.begin()->first.first <= now) {
    overdue.insert(waiting_.extract(waiting_.begin()));
  }
  watch_at_ = waiting_.empty() ? Clock::time_point::max() : waiting_.begin()->first.first;
  return overdue;
}

void AttestRunner::Watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Deadlines overdue = TakeOverdue();
    if (!overdue.empty()) {
      lock.unlock();
      for (const auto& [when, call] : overdue) {
        const bool first = call->Answer(
            DeadlineExceeded("the attestation took longer than attest_timeout; the file system of "
                             "the executable may be slow; try again"));
        if (first) late_.fetch_add(1, std::memory_order_relaxed);
        call->Stop();
      }
      lock.lock();
      continue;
    }
    // Woken when an earlier deadline than `until` has come.
    const Clock::time_point until = watch_at_;
    const auto earlier = [this, until] { return watch_at_ < until; };
    if (until == Clock::time_point::max()) {
      wake_.wait(lock, stop, earlier);
    } else {
      wake_.wait_until(lock, stop, until, earlier);
    }
  }
}

AttestStats AttestRunner::Stats() const {
  return {.attested = attested_.load(std::memory_order_relaxed),
          .empty = empty_.load(std::memory_order_relaxed),
          .failed = failed_.load(std::memory_order_relaxed),
          .refused = refused_.load(std::memory_order_relaxed),
          .late = late_.load(std::memory_order_relaxed),
          .running = pool_.running()};
}

}  // namespace svidence::agent
