// A daemon for tests of what all daemons share: plugin/daemon, the plugin server
// and the shim. It composes as a CredentialComposer, and does what the last
// segment of the SPIFFE ID says.
#include <cstdlib>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/finish.h"
#include "plugin/daemon/daemon.h"
#include "spire_credentialcomposer.grpc.pb.h"

namespace {

namespace wire = spire::plugin::server::credentialcomposer::v1;

using svidence::HostMetrics;
using svidence::InvalidArgument;
using svidence::PluginConfig;
using svidence::Status;

// Good unless it holds the word "bad" (a note) or "missing" (a failed Configure).
class Handler final : public svidence::PluginConfigHandler {
 public:
  std::vector<std::string> Validate(const PluginConfig& config) override {
    if (config.hcl.find("bad") == std::string::npos) return {};
    return {"1:1: word: must be good", "2:3: other: must be good too"};
  }
  Status Configure(const PluginConfig& config) override {
    if (config.hcl.find("missing") != std::string::npos) {
      return InvalidArgument("ledger_dir \"/missing\" does not exist; create it");
    }
    const std::lock_guard lock(mutex_);
    hcl_ = config.hcl;
    return svidence::OkStatus();
  }
  std::string hcl() const {
    const std::lock_guard lock(mutex_);
    return hcl_;
  }

 private:
  mutable std::mutex mutex_;
  std::string hcl_;
};

// Everything that a log line must survive.
void MakeNoise() {
  spdlog::critical("noise kind=critical");
  spdlog::info("noise kind={}", svidence::Quote("\"quoted \x1b\""));
  spdlog::info("noise \xff\xfe \x01\x1b[31m line\nbreak {\"@message\":5} kind=bytes");
  spdlog::info("noise kind=numbers @level=5 @message=5 @timestamp=5");
  spdlog::info("{}", std::string(200'000, 'x'));
  for (int i = 0; i < 2000; ++i) spdlog::debug("noise i={}", i);
  // What bypasses the log, as a library may: no JSON, and stdout.
  std::string raw = "raw text on stderr\n";
  (void)!write(STDERR_FILENO, raw.data(), raw.size());
  raw = "raw text on stdout\n";
  (void)!write(STDOUT_FILENO, raw.data(), raw.size());
  spdlog::info("noise kind=last");
}

class Composer final : public wire::CredentialComposer::CallbackService {
 public:
  Composer(const Handler& handler, HostMetrics& metrics) : handler_(handler), metrics_(metrics) {}

  grpc::ServerUnaryReactor* ComposeWorkloadX509SVID(
      grpc::CallbackServerContext* context, const wire::ComposeWorkloadX509SVIDRequest* request,
      wire::ComposeWorkloadX509SVIDResponse* response) override {
    const std::string& id = request->spiffe_id();
    const std::string action = id.substr(id.rfind('/') + 1);
    if (action == "never") return new Silent;
    if (action == "crash") std::abort();
    if (action == "block") std::this_thread::sleep_for(std::chrono::hours(1));
    if (action == "noise") MakeNoise();
    auto* reactor = context->DefaultReactor();
    if (id.size() > svidence::kMaxPeerMessageBytes) {
      reactor->Finish(svidence::Finish(
          "ComposeWorkloadX509SVID",
          InvalidArgument("SPIFFE ID must be shorter, got " + std::to_string(id.size()))));
      return reactor;
    }
    metrics_.IncrCounter({"test", "composed"}, 1);
    *response->mutable_attributes() = request->attributes();
    response->mutable_attributes()->add_dns_sans(std::to_string(getpid()));
    response->mutable_attributes()->add_dns_sans(handler_.hcl());
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  // Never answers and does not care for cancellation.
  class Silent final : public grpc::ServerUnaryReactor {
    void OnDone() override { delete this; }
  };

  const Handler& handler_;
  HostMetrics& metrics_;
};

}  // namespace

int main(int argc, char** argv) {
  constexpr svidence::daemon::Program kProgram{.name = "svidence-test-daemon",
                                               .plugin_type = "CredentialComposer",
                                               .about = "does what tests tell it."};
  svidence::daemon::Run(kProgram, argc, argv, [](svidence::daemon::Session& session) {
    Handler handler;
    Composer composer(handler, session.host_metrics());
    return session.Serve({.service_name = wire::CredentialComposer::service_full_name(),
                          .service = composer,
                          .config = handler,
                          .flush = [] { spdlog::info("flushed"); }});
  });
}
