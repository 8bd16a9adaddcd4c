// svidence-server: CredentialComposer "svidence" behind svidence-shim.
#include "attestors/base/status.h"
#include "plugin/adapters/grpc/credential_composer_service.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/daemon/daemon.h"
#include "plugin/server/server_engine.h"

namespace {

using svidence::CredentialComposerService;
using svidence::Status;
using svidence::server::ServerEngine;

constexpr svidence::daemon::Program kProgram{
    .name = "svidence-server",
    .plugin_type = "CredentialComposer",
    .about = "records each SVID of an agent in the ledger and puts the record into it"};

constexpr const char* kServiceName = "spire.plugin.server.credentialcomposer.v1.CredentialComposer";

Status Main(svidence::daemon::Session& session) {
  const svidence::linux_os::SystemClock clock;
  svidence::linux_os::SystemRandom random;
  SVIDENCE_ASSIGN_OR_RETURN(const svidence::openssl::OpenSslHasher hasher,
                            svidence::openssl::OpenSslHasher::Create());
  ServerEngine engine({clock, hasher, random});
  CredentialComposerService service(engine, clock);
  return session.Serve(
      {.service_name = kServiceName, .service = service, .config = engine, .flush = [] {
       }});  // what was acknowledged is durable already
}

}  // namespace

int main(int argc, char** argv) { svidence::daemon::Run(kProgram, argc, argv, Main); }
