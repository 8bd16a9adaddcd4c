// SPIRE's private Init service: its first call to a plugin, and its last but one.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/server_context.h>

#include "plugin/adapters/grpc/host_services.h"
#include "spire_init.grpc.pb.h"

namespace svidence {

// Thread-safe. Synchronous: Deinit may block while it flushes.
class InitService final : public spire::service::priv::init::v1::Init::Service {
 public:
  // `service_names` are the full names of what is served for this plugin's type.
  // `flush` makes durable what is not yet, within the ten seconds that SPIRE
  // waits, and may be called again. `host` must outlive the gRPC server.
  InitService(std::vector<std::string> service_names, HostServicesRecord& host,
              std::function<void()> flush)
      : service_names_(std::move(service_names)), host_(host), flush_(std::move(flush)) {}

  // Source: spire-plugin-sdk, init.proto.
  grpc::Status Init(grpc::ServerContext* context,
                    const spire::service::priv::init::v1::InitRequest* request,
                    spire::service::priv::init::v1::InitResponse* response) override;
  grpc::Status Deinit(grpc::ServerContext* context,
                      const spire::service::priv::init::v1::DeinitRequest* request,
                      spire::service::priv::init::v1::DeinitResponse* response) override;

 private:
  const std::vector<std::string> service_names_;
  HostServicesRecord& host_;
  const std::function<void()> flush_;
};

}  // namespace svidence
