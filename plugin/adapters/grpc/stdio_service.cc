#include "plugin/adapters/grpc/stdio_service.h"

namespace svidence {
namespace {

// Deletes itself when gRPC is done with it, as reactors do.
class SilentStream final : public grpc::ServerWriteReactor<plugin::StdioData> {
 public:
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<plugin::StdioData>* StdioService::StreamStdio(
    grpc::CallbackServerContext* /*context*/, const google::protobuf::Empty* /*request*/) {
  return new SilentStream;
}

}  // namespace svidence
