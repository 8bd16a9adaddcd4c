// Runs attestations: each in time, no more than allowed, none before Configure.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "attestors/policy/workload_attestation.h"
#include "plugin/adapters/grpc/workload_attestor_service.h"
#include "plugin/agent/call_pool.h"
#include "plugin/core/metrics/histogram.h"

namespace svidence::agent {

// One configuration; calls under way keep the one that they began with.
struct AttestSetup {
  WorkloadAttestation attestation;
  std::chrono::milliseconds timeout{0};
  std::size_t max_concurrent = 0;
};

struct AttestStats {
  std::uint64_t attested = 0;  // with selectors
  std::uint64_t empty = 0;     // not ours
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;  // bound reached
  std::uint64_t late = 0;     // answered by the clock
  std::size_t running = 0;
};

// Thread-safe.
class AttestRunner final : public AttestHandler {
 public:
  AttestRunner();
  // Waits for all attestations, those too whose caller has had his answer.
  ~AttestRunner() override;
  AttestRunner(const AttestRunner&) = delete;
  AttestRunner& operator=(const AttestRunner&) = delete;

  // Puts `setup` into force, for calls that begin from now on.
  void Configure(std::shared_ptr<const AttestSetup> setup);

  // The SPIRE agent attests itself, to see that it is healthy: nothing is read
  // for it. A pid <= 0 means that it is not known.
  void SetHostPid(std::int32_t pid) { host_pid_.store(pid, std::memory_order_relaxed); }

  GiveUp Attest(std::int32_t wire_pid, Done done) override;

  AttestStats Stats() const;
  // From the call to its answer.
  const metrics::Histogram& latency() const { return latency_; }

 private:
  using Clock = std::chrono::steady_clock;
  class Call;
  // The second part tells calls of one deadline apart.
  using Deadlines = std::map<std::pair<Clock::time_point, std::uint64_t>, std::shared_ptr<Call>>;

  void Answer(Call& call, const StatusOr<Selection>& selection);
  void Watch(const std::stop_token& stop);
  // Takes out the calls whose time has come; sets when to look again.
  Deadlines TakeOverdue();

  std::atomic<std::int32_t> host_pid_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<const AttestSetup> setup_;
  std::condition_variable_any wake_;
  Deadlines waiting_;
  Clock::time_point watch_at_ = Clock::time_point::max();
  std::uint64_t calls_ = 0;
  std::atomic<std::uint64_t> attested_ = 0;
  std::atomic<std::uint64_t> empty_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> late_ = 0;
  metrics::Histogram latency_;
  CallPool pool_;          // its threads use the members above
  std::jthread watchdog_;  // so does this one
};

}  // namespace svidence::agent
