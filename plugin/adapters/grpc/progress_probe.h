// Whether a gRPC server still answers.
#pragma once

#include <cstdint>
#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

namespace svidence {

// Asks the server's own health service, so that the call takes the way of all
// calls. Thread-safe.
class ProgressProbe {
 public:
  // `channel` leads to the server.
  explicit ProgressProbe(std::shared_ptr<grpc::Channel> channel);

  // Starts a call if none is under way. Gives for how long the one under way has
  // had no answer, in milliseconds; 0 if there was none. Never blocks.
  // `now_millis` must not step back.
  std::int64_t Check(std::int64_t now_millis);

 private:
  struct State;

  grpc::GenericStub stub_;
  const std::shared_ptr<State> state_;
};

}  // namespace svidence
