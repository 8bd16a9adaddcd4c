#include "plugin/adapters/grpc/finish.h"

#include <chrono>
#include <optional>
#include <string>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/log_limiter.h"

namespace svidence {
namespace {

constexpr std::size_t kMaxLoggedBytes = 1024;
constexpr std::string_view kHidden = "internal error; the plugin's log has the reason";

bool IsHidden(StatusCode code) {
  return code == StatusCode::kInternal || code == StatusCode::kDataLoss ||
         code == StatusCode::kUnknown;
}

spdlog::level::level_enum LevelOf(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
    case StatusCode::kCancelled:
    case StatusCode::kUnimplemented:
      return spdlog::level::debug;
    default:
      return IsHidden(code) ? spdlog::level::err : spdlog::level::warn;
  }
}

std::int64_t MonotonicMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Part of the process's log, which is one as well: services made apart from
// each other must not repeat each other's lines.
LogLimiter& Limiter() {
  static LogLimiter limiter;
  return limiter;
}

void LogError(std::string_view rpc, const Status& status, const std::string& message) {
  const spdlog::level::level_enum level = LevelOf(status.code());
  if (!spdlog::should_log(level)) return;
  const std::string code = CodeName(status.code());
  std::string cause(rpc);
  cause.append("\n").append(code).append("\n").append(message, 0, kMaxLoggedBytes);
  const std::optional<std::uint64_t> left_out = Limiter().Admit(cause, MonotonicMillis());
  if (!left_out) return;

  const std::string error = Quote(message, kMaxLoggedBytes);
  if (*left_out == 0) {
    spdlog::log(level, "call failed rpc={} code={} error={}", rpc, code, error);
  } else {
    spdlog::log(level, "call failed rpc={} code={} error={} left_out={}", rpc, code, error,
                *left_out);
  }
}

}  // namespace

grpc::Status Finish(std::string_view rpc, const Status& status) {
  static_assert(static_cast<int>(StatusCode::kDataLoss) ==
                static_cast<int>(grpc::StatusCode::DATA_LOSS));
  if (status.ok()) return grpc::Status::OK;

  std::string message = Message(status);
  LogError(rpc, status, message);
  if (IsHidden(status.code())) message = kHidden;
  if (message.size() > kMaxPeerMessageBytes) {
    constexpr std::string_view kMore = "...";
    message.resize(kMaxPeerMessageBytes - kMore.size());
    message.append(kMore);
  }
  return {static_cast<grpc::StatusCode>(status.code()), message};
}

}  // namespace svidence
