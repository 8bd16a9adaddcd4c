// go-plugin's connection broker, as far as a plugin has to serve it.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "goplugin_broker.grpc.pb.h"
#include "plugin/adapters/grpc/host_services.h"

namespace svidence {

// Thread-safe.
class BrokerService final : public plugin::GRPCBroker::CallbackService {
 public:
  // `host` must outlive the gRPC server.
  explicit BrokerService(HostServicesRecord& host) : host_(host) {}

  // Remembers where SPIRE's services are, and stays open until the host cancels:
  // if it ends earlier, the host's next use of the plugin fails by chance with
  // "broker closed".
  // Source: go-plugin v1.7.0, grpc_broker.go.
  grpc::ServerBidiReactor<plugin::ConnInfo, plugin::ConnInfo>* StartStream(
      grpc::CallbackServerContext* context) override;

 private:
  HostServicesRecord& host_;
};

}  // namespace svidence
