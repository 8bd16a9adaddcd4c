#include "plugin/server/faces.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/metrics/http_exchange.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::server {
namespace {

constexpr std::size_t kMaxReason = 512;

}  // namespace

void Faces::Apply(const config::ServerSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (admin_ == nullptr) OpenAdmin(settings.runtime_dir);
  if (metrics_ == nullptr || metrics_at_ != settings.metrics) OpenMetrics(settings.metrics);
}

void Faces::OpenAdmin(const std::string& runtime_dir) {
  StatusOr<std::unique_ptr<AdminFace>> opened = AdminFace::Open(runtime_dir, backend_, users_);
  if (opened.ok()) {
    admin_ = *std::move(opened);
    spdlog::info("administration is open dir={}", Quote(runtime_dir, kMaxReason));
    return;
  }
  spdlog::error("the command svidence cannot reach this server: set runtime_dir reason={}",
                Quote(Message(opened.status()), kMaxReason));
}

void Faces::OpenMetrics(const std::optional<config::ListenAddress>& address) {
  metrics_.reset();
  metrics_at_ = address;
  if (!address.has_value()) return;
  metrics::Pages pages{
      .metrics = [this] { return metrics::PrometheusText(metrics::ServerSamples(gather_())); },
      .health =
          [this] {
            const metrics::ServerFigures figures = gather_();
            const bool writable =
                figures.committer.has_value() && figures.committer->trouble.empty();
            return metrics::Health{.good = writable && !figures.refusing,
                                   .reason = writable ? "" : "the ledger cannot be written"};
          }};
  StatusOr<std::unique_ptr<metrics::MetricsServer>> started =
      metrics::MetricsServer::Start(*address, std::move(pages));
  if (started.ok()) {
    metrics_ = *std::move(started);
    return;
  }
  spdlog::error("metrics are not served reason={}", Quote(Message(started.status()), kMaxReason));
}

}  // namespace svidence::server
