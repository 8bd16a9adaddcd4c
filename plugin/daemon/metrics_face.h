// The metrics endpoint of a daemon, opened and moved as its settings say.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "plugin/adapters/metrics/http_exchange.h"
#include "plugin/adapters/metrics/metrics_server.h"
#include "plugin/core/config/listen_address.h"

namespace svidence::daemon {

// Thread-safe. What cannot be opened is logged and tried again at the next
// Apply(): SPIRE must not stay down for want of a port.
class MetricsFace {
 public:
  // `pages` is called on the endpoint's thread.
  explicit MetricsFace(metrics::Pages pages) : pages_(std::move(pages)) {}

  // nullopt: no endpoint.
  void Apply(const std::optional<config::ListenAddress>& address);

 private:
  const metrics::Pages pages_;
  std::mutex mutex_;
  std::optional<config::ListenAddress> address_;
  std::unique_ptr<metrics::MetricsServer> server_;
};

}  // namespace svidence::daemon
