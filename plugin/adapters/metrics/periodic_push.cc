#include "plugin/adapters/metrics/periodic_push.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "attestors/base/status.h"

namespace svidence::metrics {

StatusOr<std::unique_ptr<PeriodicPush>> PeriodicPush::Start(std::function<Samples()> collect,
                                                            HostSink& sink,
                                                            std::chrono::milliseconds period) {
  std::unique_ptr<PeriodicPush> push(new PeriodicPush(std::move(collect), sink, period));
  SVIDENCE_RETURN_IF_ERROR(push->StartThread());
  return push;
}

PeriodicPush::~PeriodicPush() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

// A thread that cannot be made is an exception in the library, a Status here.
Status PeriodicPush::StartThread() noexcept try {
  thread_ = std::thread([this] { Run(); });
  return OkStatus();
} catch (const std::system_error&) {
  return ResourceExhausted("no thread for pushing metrics; raise the limit of tasks");
}

void PeriodicPush::Run() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, period_, [this] { return end_; })) {
    lock.unlock();
    push_.Push(collect_());
    lock.lock();
  }
}

}  // namespace svidence::metrics
