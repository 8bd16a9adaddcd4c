// Pushes our metrics to SPIRE's telemetry at a steady pace.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/core/metrics/host_push.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {

constexpr std::chrono::milliseconds kPushPeriod{10000};

// One thread of its own.
class PeriodicPush {
 public:
  // `collect` is called on that thread. `sink` must outlive this object.
  // Errors: ResourceExhausted if there is no thread.
  static StatusOr<std::unique_ptr<PeriodicPush>> Start(std::function<Samples()> collect,
                                                       HostSink& sink,
                                                       std::chrono::milliseconds period);

  // Ends the thread; what was counted since the last push is not pushed.
  ~PeriodicPush();
  PeriodicPush(const PeriodicPush&) = delete;
  PeriodicPush& operator=(const PeriodicPush&) = delete;

 private:
  PeriodicPush(std::function<Samples()> collect, HostSink& sink, std::chrono::milliseconds period)
      : collect_(std::move(collect)), push_(sink), period_(period) {}
  Status StartThread() noexcept;
  void Run();

  const std::function<Samples()> collect_;
  HostPush push_;  // of the thread alone
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace svidence::metrics
