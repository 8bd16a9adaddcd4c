#include "plugin/adapters/grpc/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

constexpr std::size_t kMaxTextBytes = 512;

// What gRPC calls an error is one of a connection, which its peer sees and
// repeats; it is no error of ours.
spdlog::level::level_enum LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_ERROR:
      return spdlog::level::warn;
    case GPR_LOG_SEVERITY_INFO:
      return spdlog::level::debug;
    case GPR_LOG_SEVERITY_DEBUG:
      return spdlog::level::trace;
  }
  return spdlog::level::debug;
}

void Log(gpr_log_func_args* args) {
  spdlog::log(LevelOf(args->severity), "grpc text={} file={} line={}",
              Quote(args->message, kMaxTextBytes), Quote(args->file), args->line);
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(&Log); }

}  // namespace svidence
