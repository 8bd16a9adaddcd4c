// Whether a gRPC server still answers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

#include "plugin/adapters/grpc/call_set.h"

namespace svidence {

// Asks the server's own health service, so that the call takes the way of all
// calls. One thread at a time.
class ProgressProbe {
 public:
  // `channel` leads to the server.
  explicit ProgressProbe(std::shared_ptr<grpc::Channel> channel);
  // Cancels the call under way and waits for its end.
  ~ProgressProbe() = default;
  ProgressProbe(const ProgressProbe&) = delete;
  ProgressProbe& operator=(const ProgressProbe&) = delete;

  // Starts a call if none is under way. Gives for how long the one under way has
  // had no answer, in milliseconds; 0 if there was none. Never blocks.
  // `now_millis` must not step back.
  std::int64_t Check(std::int64_t now_millis);

 private:
  static constexpr std::int64_t kNone = -1;

  grpc::GenericStub stub_;
  std::atomic<std::int64_t> started_millis_ = kNone;
  CallSet calls_{1};
};

}  // namespace svidence
