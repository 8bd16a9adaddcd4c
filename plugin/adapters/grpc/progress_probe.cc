#include "plugin/adapters/grpc/progress_probe.h"

#include <mutex>
#include <optional>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

namespace svidence {
namespace {

constexpr const char* kHealthCheck = "/grpc.health.v1.Health/Check";

// One call and what must live as long as it.
struct Call {
  grpc::ClientContext context;
  grpc::Slice no_bytes;  // as a message: the server as a whole
  grpc::ByteBuffer request{&no_bytes, 1};
  grpc::ByteBuffer response;
};

}  // namespace

// Shared with the call under way, which may outlive the probe.
struct ProgressProbe::State {
  std::mutex mutex;
  std::optional<std::int64_t> started_millis;
};

ProgressProbe::ProgressProbe(std::shared_ptr<grpc::Channel> channel)
    : stub_(std::move(channel)), state_(std::make_shared<State>()) {}

std::int64_t ProgressProbe::Check(std::int64_t now_millis) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->started_millis) return now_millis - *state_->started_millis;
    state_->started_millis = now_millis;
  }
  auto call = std::make_shared<Call>();
  // Any answer will do, an error too: it says that somebody answers.
  stub_.UnaryCall(&call->context, kHealthCheck, {}, &call->request, &call->response,
                  [call, state = state_](const grpc::Status& /*status*/) {
                    const std::lock_guard lock(state->mutex);
                    state->started_millis.reset();
                  });
  return 0;
}

}  // namespace svidence
