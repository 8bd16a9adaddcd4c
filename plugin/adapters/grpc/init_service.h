// SPIRE's private Init service: its first call to a plugin, and its last but one.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "plugin/adapters/grpc/blocking_worker.h"
#include "plugin/adapters/grpc/host_services.h"
#include "spire_init.grpc.pb.h"

namespace svidence {

// Thread-safe.
class InitService final : public spire::service::priv::init::v1::Init::CallbackService {
 public:
  // `service_names` are the full names of what is served for this plugin's type.
  // `flush` makes durable what is not yet, within the ten seconds that SPIRE
  // waits, and may be called again. `host` must outlive the gRPC server.
  InitService(std::vector<std::string> service_names, HostServicesRecord& host,
              std::function<void()> flush)
      : service_names_(std::move(service_names)), host_(host), flush_(std::move(flush)) {}

  // Source: spire-plugin-sdk, init.proto.
  grpc::ServerUnaryReactor* Init(grpc::CallbackServerContext* context,
                                 const spire::service::priv::init::v1::InitRequest* request,
                                 spire::service::priv::init::v1::InitResponse* response) override;
  // Errors: ResourceExhausted after a flood of calls.
  grpc::ServerUnaryReactor* Deinit(
      grpc::CallbackServerContext* context,
      const spire::service::priv::init::v1::DeinitRequest* request,
      spire::service::priv::init::v1::DeinitResponse* response) override;

 private:
  const std::vector<std::string> service_names_;
  HostServicesRecord& host_;
  const std::function<void()> flush_;
  BlockingWorker worker_;  // flushing blocks
};

}  // namespace svidence
