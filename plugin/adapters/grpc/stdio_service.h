// go-plugin's mirror of what a plugin prints.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "goplugin_stdio.grpc.pb.h"

namespace svidence {

class StdioService final : public plugin::GRPCStdio::CallbackService {
 public:
  // Sends nothing, as SPIRE throws it away, and stays open until the host
  // cancels: an open call keeps the host's channel from going idle, after which
  // it would connect anew by a path that may be gone by then.
  // Source: go-plugin v1.7.0, grpc_stdio.go; grpc-go, dialoptions.go (idleTimeout).
  grpc::ServerWriteReactor<plugin::StdioData>* StreamStdio(
      grpc::CallbackServerContext* context, const google::protobuf::Empty* request) override;
};

}  // namespace svidence
