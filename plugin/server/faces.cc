#include "plugin/server/faces.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::server {
namespace {

constexpr std::size_t kMaxReason = 512;

metrics::Health HealthOf(const metrics::ServerFigures& figures) {
  if (figures.refusing || !figures.committer.has_value()) {
    return {.good = false, .reason = "the ledger is refused"};
  }
  return {.good = figures.committer->trouble.empty(), .reason = "the ledger cannot be written"};
}

}  // namespace

Faces::Faces(admin::Backend& backend, const NameDirectory& users,
             const std::function<metrics::ServerFigures()>& gather)
    : backend_(backend),
      users_(users),
      metrics_(metrics::Pages{
          .metrics = [gather] { return PrometheusText(metrics::ServerSamples(gather())); },
          .health = [gather] { return HealthOf(gather()); }}) {}

void Faces::Apply(const config::ServerSettings& settings) {
  metrics_.Apply(settings.metrics);
  const std::lock_guard lock(mutex_);
  if (admin_ == nullptr) OpenAdmin(settings.runtime_dir);
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

}  // namespace svidence::server
