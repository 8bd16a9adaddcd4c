#include "plugin/adapters/grpc/admin_server.h"

#include <chrono>
#include <optional>
#include <utility>

#include <grpcpp/resource_quota.h>
#include <grpcpp/server_posix.h>

namespace svidence {
namespace {

// Requests are names, IDs and codes.
constexpr int kMaxRequestBytes = 64 * 1024;
// More callers at a time get RESOURCE_EXHAUSTED; a verification holds one.
constexpr int kMaxThreads = 24;
constexpr int kIdleMillis = 10 * 60 * 1000;

// How ServerContext::peer() names a connection that came as a descriptor.
// Source: gRPC 1.51, src/core/lib/surface/server.cc, grpc_server_add_channel_from_fd.
std::string PeerName(int fd) { return "fd:" + std::to_string(fd); }

}  // namespace

StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(admin::Backend& backend,
                                                          const NameDirectory& users) {
  std::unique_ptr<AdminServer> server(new AdminServer(backend, users));
  grpc::ServerBuilder builder;
  builder.RegisterService(&server->service_);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMillis);
  builder.SetResourceQuota(grpc::ResourceQuota("admin").SetMaxThreads(kMaxThreads));
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) return Internal("gRPC did not start the admin server");
  return server;
}

AdminServer::AdminServer(admin::Backend& backend, const NameDirectory& users)
    : users_(users),
      service_(backend, [this](const std::string& peer) { return CallerOf(peer); }) {}

AdminServer::~AdminServer() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

void AdminServer::Serve(int fd, const admin::Caller& caller) {
  {
    const std::scoped_lock lock(mutex_);
    callers_[PeerName(fd)] = caller;
  }
  grpc::AddInsecureChannelFromFd(server_.get(), fd);
}

void AdminServer::Forget(int fd) {
  const std::scoped_lock lock(mutex_);
  callers_.erase(PeerName(fd));
}

admin::Caller AdminServer::CallerOf(const std::string& peer) const {
  admin::Caller caller;  // of a connection that has just ended: may do nothing
  {
    const std::scoped_lock lock(mutex_);
    const auto found = callers_.find(peer);
    if (found == callers_.end()) return caller;
    caller = found->second;
  }
  if (!caller.may_write) return caller;
  // Without a name the number stands for the user.
  const StatusOr<std::optional<std::string>> name =
      users_.UserName(static_cast<std::uint32_t>(caller.uid), {});
  if (name.ok() && *name) caller.user = **name;
  return caller;
}

}  // namespace svidence
