// How the host ends a plugin.
#pragma once

#include <functional>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "goplugin_controller.grpc.pb.h"

namespace svidence {

class ControllerService final : public plugin::GRPCController::CallbackService {
 public:
  // `shutdown` is called on gRPC's threads for each Shutdown, after the host has
  // its answer. It must only pass the word on: the server cannot be shut down
  // from inside one of its calls.
  explicit ControllerService(std::function<void()> shutdown) : shutdown_(std::move(shutdown)) {}

  // Answers at once: the host waits for the answer without limit, then gives the
  // process two seconds.
  // Source: go-plugin v1.7.0, grpc_client.go (Close), client.go (Kill).
  grpc::ServerUnaryReactor* Shutdown(grpc::CallbackServerContext* context,
                                     const plugin::Empty* request,
                                     plugin::Empty* response) override;

 private:
  const std::function<void()> shutdown_;
};

}  // namespace svidence
