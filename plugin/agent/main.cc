// svidence-agent: WorkloadAttestor "svidence" behind svidence-shim.
#include <memory>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/host_metrics_sink.h"
#include "plugin/adapters/grpc/workload_attestor_service.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/metrics/periodic_push.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/agent/agent_engine.h"
#include "plugin/agent/figures.h"
#include "plugin/core/metrics/samples.h"
#include "plugin/daemon/daemon.h"
#include "plugin/daemon/metrics_face.h"

namespace {

using svidence::Status;
using svidence::WorkloadAttestorService;
using svidence::agent::AgentEngine;

constexpr svidence::daemon::Program kProgram{
    .name = "svidence-agent",
    .plugin_type = "WorkloadAttestor",
    .about = "tells a SPIRE agent what its workloads are: user, executable, instance"};

Status Main(svidence::daemon::Session& session) {
  const svidence::linux_os::SystemClock clock;
  SVIDENCE_ASSIGN_OR_RETURN(const svidence::openssl::OpenSslHasher hasher,
                            svidence::openssl::OpenSslHasher::Create());
  SVIDENCE_ASSIGN_OR_RETURN(
      const std::unique_ptr<AgentEngine> engine,
      AgentEngine::Create(clock, hasher, svidence::agent::ProcRootFromEnvironment()));
  const auto samples = [&engine, started = clock.UnixMillis()] {
    return svidence::metrics::AgentSamples(svidence::agent::Gather(*engine, started));
  };
  svidence::daemon::MetricsFace face({.metrics = [samples] { return PrometheusText(samples()); },
                                      .health = [] { return svidence::metrics::Health{}; }});
  engine->OnConfigured([&face](const auto& settings) { face.Apply(settings.metrics); });
  svidence::HostMetricsSink sink(session.host_metrics());
  SVIDENCE_ASSIGN_OR_RETURN(const auto push, svidence::metrics::PeriodicPush::Start(
                                                 samples, sink, svidence::metrics::kPushPeriod));
  WorkloadAttestorService service(engine->runner());
  return session.Serve({.service_name = WorkloadAttestorService::kServiceName,
                        .service = service,
                        .config = *engine,
                        .flush = [] {}});  // nothing that it knows must outlive it
}

}  // namespace

int main(int argc, char** argv) { svidence::daemon::Run(kProgram, argc, argv, Main); }
