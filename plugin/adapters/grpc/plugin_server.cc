#include "plugin/adapters/grpc/plugin_server.h"

#include <mutex>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/broker_service.h"
#include "plugin/adapters/grpc/config_service.h"
#include "plugin/adapters/grpc/controller_service.h"
#include "plugin/adapters/grpc/init_service.h"
#include "plugin/adapters/grpc/progress_probe.h"
#include "plugin/adapters/grpc/stdio_service.h"
#include "svidence_state.pb.h"

namespace svidence {
namespace {

constexpr std::uint32_t kStateVersion = 1;
// The service whose health go-plugin asks for.
constexpr const char* kHealthService = "plugin";
constexpr const char* kConfigService = "spire.service.common.config.v1.Config";

std::int64_t MonotonicMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string ToState(const PluginConfig& config, const HostServices& host) {
  shim::v1::SavedState state;
  state.set_version(kStateVersion);
  state.set_trust_domain(config.trust_domain);
  state.set_hcl_configuration(config.hcl);
  for (const std::string& name : host.names) state.add_host_service_names(name);
  if (!host.address.empty()) {
    state.set_broker_address(host.address);
    state.set_broker_service_id(kHostServiceId);
  }
  return state.SerializeAsString();
}

// gRPC sets neither on a descriptor that it is given, and blocks without the first.
bool MakeNonBlocking(int fd) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  const int flags = fcntl(fd, F_GETFL);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
         // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

// Declared in the order of need: the server goes first, the services after it.
struct PluginServer::Parts {
  Parts(const PluginSpec& spec, PluginServerHooks with)
      : hooks(std::move(with)),
        host([this](const HostServices& now) { OnHostServices(now); }),
        init({spec.service_name, kConfigService}, host, spec.flush),
        broker(host),
        controller(hooks.shutdown),
        config(spec.config, [this](const PluginConfig& now) { OnConfigured(now); }) {}

  void OnConfigured(const PluginConfig& now) {
    const std::lock_guard lock(saving);
    configured = now;
    hooks.save_state(ToState(now, host.Get()));
  }
  void OnHostServices(const HostServices& now) {
    hooks.host_services(now);
    const std::lock_guard lock(saving);
    if (configured) hooks.save_state(ToState(*configured, host.Get()));
  }

  const PluginServerHooks hooks;
  HostServicesRecord host;
  InitService init;
  BrokerService broker;
  ControllerService controller;
  StdioService stdio;
  ConfigService config;

  // Held while state is saved: a newer one must not be overtaken by an older.
  std::mutex saving;
  std::optional<PluginConfig> configured;

  // Held while something new reaches the server.
  std::mutex entering;
  bool stopped = false;
  std::unique_ptr<grpc::Server> server;
  std::optional<ProgressProbe> probe;
};

PluginServer::PluginServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

StatusOr<std::unique_ptr<PluginServer>> PluginServer::Start(const PluginSpec& spec,
                                                            PluginServerHooks hooks) {
  auto parts = std::make_unique<Parts>(spec, std::move(hooks));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ResourceQuota quota("svidence");
  quota.Resize(kMaxBufferBytes);
  grpc::ServerBuilder builder;
  builder.SetResourceQuota(quota)
      .SetMaxReceiveMessageSize(static_cast<int>(kMaxRequestBytes))
      .AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentCalls)
      .RegisterService(&parts->init)
      .RegisterService(&parts->broker)
      .RegisterService(&parts->controller)
      .RegisterService(&parts->stdio)
      .RegisterService(&parts->config)
      .RegisterService(&spec.service);
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr) return Internal("gRPC could not start a server");
  parts->server->GetHealthCheckService()->SetServingStatus(kHealthService, true);
  parts->probe.emplace(parts->server->InProcessChannel({}));
  return std::unique_ptr<PluginServer>(new PluginServer(std::move(parts)));
}

PluginServer::~PluginServer() { Stop(std::chrono::milliseconds(0)); }

Status PluginServer::Restore(std::string_view state) {
  shim::v1::SavedState saved;
  if (!saved.ParseFromArray(state.data(), static_cast<int>(state.size()))) {
    return InvalidArgument("saved state is no SavedState message");
  }
  if (saved.version() != kStateVersion) {
    return InvalidArgument("saved state must be of version " + std::to_string(kStateVersion) +
                           ", got " + std::to_string(saved.version()));
  }
  parts_->host.SetNames({saved.host_service_names().begin(), saved.host_service_names().end()});
  if (!saved.broker_address().empty() && !parts_->host.SetAddress(saved.broker_address())) {
    return InvalidArgument("saved state has a bad broker address " + Quote(saved.broker_address()));
  }
  return Annotate(parts_->config.Apply(
                      {.trust_domain = saved.trust_domain(), .hcl = saved.hcl_configuration()}),
                  "configuring again");
}

void PluginServer::AddConnection(int fd) {
  const std::lock_guard lock(parts_->entering);
  if (parts_->stopped || !MakeNonBlocking(fd)) {
    close(fd);
    return;
  }
  grpc::AddInsecureChannelFromFd(parts_->server.get(), fd);
}

bool PluginServer::MakesProgress() {
  // gRPC 1.51 crashes when a call begins in process on a server that shuts down.
  const std::lock_guard lock(parts_->entering);
  if (parts_->stopped) return true;
  return parts_->probe->Check(MonotonicMillis()) < kProgressMillis.count();
}

void PluginServer::Stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(parts_->entering);
    if (parts_->stopped) return;
    parts_->stopped = true;
  }
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
}

}  // namespace svidence
