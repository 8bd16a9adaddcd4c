// svidence-server: CredentialComposer "svidence" behind svidence-shim.
#include <cstdint>
#include <optional>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/credential_composer_service.h"
#include "plugin/adapters/grpc/host_metrics_sink.h"
#include "plugin/adapters/linux/nss_name_directory.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/metrics/periodic_push.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/daemon/daemon.h"
#include "plugin/server/engine_backend.h"
#include "plugin/server/faces.h"
#include "plugin/server/figures.h"
#include "plugin/server/server_engine.h"

namespace {

using svidence::CredentialComposerService;
using svidence::Status;
using svidence::server::EngineBackend;
using svidence::server::Faces;
using svidence::server::ServerEngine;

constexpr svidence::daemon::Program kProgram{
    .name = "svidence-server",
    .plugin_type = "CredentialComposer",
    .about = "records each SVID of an agent in the ledger and puts the record into it"};

// The faces are made after the engine that tells them of settings, and their
// calls use it: they must be gone before it is.
class Closer {
 public:
  explicit Closer(std::optional<Faces>& faces) : faces_(faces) {}
  ~Closer() { faces_.reset(); }
  Closer(const Closer&) = delete;
  Closer& operator=(const Closer&) = delete;

 private:
  std::optional<Faces>& faces_;
};

constexpr const char* kServiceName = "spire.plugin.server.credentialcomposer.v1.CredentialComposer";

Status Main(svidence::daemon::Session& session) {
  const svidence::linux_os::SystemClock clock;
  svidence::linux_os::SystemRandom random;
  SVIDENCE_ASSIGN_OR_RETURN(const svidence::openssl::OpenSslHasher hasher,
                            svidence::openssl::OpenSslHasher::Create());
  const svidence::linux_os::NssNameDirectory users(clock);
  const std::int64_t started = clock.UnixMillis();
  std::optional<svidence::server::Faces> faces;
  const auto failed_sync = [&session] {
    session.Abandon(
        "a sync of the ledger failed: this process ends, the next one reads the disk anew; look "
        "for its errors in the kernel's log");
  };
  ServerEngine engine({clock, hasher, random, failed_sync}, [&faces](const auto& settings) {
    if (faces.has_value()) faces->Apply(settings);
  });
  EngineBackend backend(engine, {clock, hasher, random});
  const auto gather = [&engine, started] {
    return svidence::server::Gather(engine, started, engine.compose_latency());
  };
  const Closer close_faces(faces);
  faces.emplace(backend, users, gather);
  svidence::HostMetricsSink sink(session.host_metrics());
  SVIDENCE_ASSIGN_OR_RETURN(
      const auto push, svidence::metrics::PeriodicPush::Start(
                           [gather] { return svidence::metrics::ServerSamples(gather()); }, sink,
                           svidence::metrics::kPushPeriod));
  CredentialComposerService service(engine, clock);
  return session.Serve(
      {.service_name = kServiceName, .service = service, .config = engine, .flush = [] {
       }});  // what was acknowledged is durable already
}

}  // namespace

int main(int argc, char** argv) { svidence::daemon::Run(kProgram, argc, argv, Main); }
