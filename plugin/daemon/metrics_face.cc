#include "plugin/daemon/metrics_face.h"

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"

namespace svidence::daemon {
namespace {

constexpr std::size_t kMaxReason = 512;

}  // namespace

void MetricsFace::Apply(const std::optional<config::ListenAddress>& address) {
  const std::lock_guard lock(mutex_);
  if (server_ != nullptr && address_ == address) return;
  server_.reset();
  address_ = address;
  if (!address.has_value()) return;
  StatusOr<std::unique_ptr<metrics::MetricsServer>> started =
      metrics::MetricsServer::Start(*address, pages_);
  if (started.ok()) {
    server_ = *std::move(started);
    return;
  }
  spdlog::error("metrics are not served: change metrics.listen reason={}",
                Quote(Message(started.status()), kMaxReason));
}

}  // namespace svidence::daemon
