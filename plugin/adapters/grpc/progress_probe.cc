#include "plugin/adapters/grpc/progress_probe.h"

#include <optional>
#include <utility>

#include <grpcpp/support/byte_buffer.h>

namespace svidence {
namespace {

constexpr const char* kHealthCheck = "/grpc.health.v1.Health/Check";

struct HealthCall final : PendingCall {
  grpc::Slice no_bytes;  // as a message: the server as a whole
  grpc::ByteBuffer request{&no_bytes, 1};
  grpc::ByteBuffer response;
};

}  // namespace

ProgressProbe::ProgressProbe(std::shared_ptr<grpc::Channel> channel) : stub_(std::move(channel)) {}

std::int64_t ProgressProbe::Check(std::int64_t now_millis) {
  const std::int64_t started = started_millis_.load();
  if (started != kNone) return now_millis - started;
  auto owned = std::make_unique<HealthCall>();
  HealthCall& call = *owned;
  // Any answer will do, an error too: it says that somebody answers.
  std::optional<CallSet::Done> done = calls_.Add(
      std::move(owned), [this](const grpc::Status& /*status*/) { started_millis_.store(kNone); });
  if (!done) return 0;  // the call before is just ending
  started_millis_.store(now_millis);
  stub_.UnaryCall(&call.context, kHealthCheck, {}, &call.request, &call.response, *std::move(done));
  return 0;
}

}  // namespace svidence
