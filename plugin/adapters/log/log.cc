#include "plugin/adapters/log/log.h"

#include <utility>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/log/hclog_line.h"
#include "plugin/adapters/log/line_writer.h"

namespace svidence::log {
namespace {

std::int64_t ToMicros(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

Level ToLevel(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return Level::kTrace;
    case spdlog::level::debug:
      return Level::kDebug;
    case spdlog::level::info:
      return Level::kInfo;
    case spdlog::level::warn:
      return Level::kWarn;
    default:
      return Level::kError;
  }
}

std::string LineNow(Level level, std::string_view module, std::string_view text) {
  return ToHclogLine({.level = level,
                      .unix_micros = ToMicros(std::chrono::system_clock::now()),
                      .module = module,
                      .text = text});
}

// spdlog's way to our writer. Thread-safe: the members do not change.
class HclogSink final : public spdlog::sinks::sink {
 public:
  HclogSink(std::shared_ptr<LineWriter> writer, std::string module)
      : writer_(std::move(writer)), module_(std::move(module)) {}

  void log(const spdlog::details::log_msg& message) override {
    writer_->Write(ToHclogLine({.level = ToLevel(message.level),
                                .unix_micros = ToMicros(message.time),
                                .module = module_,
                                .text = {message.payload.data(), message.payload.size()}}));
  }
  void flush() override {}
  // The form is fixed: a pattern would break the contract with the host.
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  const std::shared_ptr<LineWriter> writer_;
  const std::string module_;
};

}  // namespace

Status SetLevel(std::string_view name) {
  if (name == "trace") {
    spdlog::set_level(spdlog::level::trace);
  } else if (name == "debug") {
    spdlog::set_level(spdlog::level::debug);
  } else if (name == "info") {
    spdlog::set_level(spdlog::level::info);
  } else if (name == "warn") {
    spdlog::set_level(spdlog::level::warn);
  } else if (name == "error") {
    spdlog::set_level(spdlog::level::err);
  } else {
    return InvalidArgument("log level must be trace, debug, info, warn or error, got " +
                           Quote(name));
  }
  return OkStatus();
}

StatusOr<std::unique_ptr<ProcessLog>> ProcessLog::Start(int fd, const std::string& module) {
  SVIDENCE_ASSIGN_OR_RETURN(
      std::unique_ptr<LineWriter> started, LineWriter::Start(fd, [module](std::uint64_t dropped) {
        return LineNow(
            Level::kWarn, module,
            "log lines dropped because the reader stalled count=" + std::to_string(dropped));
      }));
  const std::shared_ptr<LineWriter> writer = std::move(started);
  auto logger =
      std::make_shared<spdlog::logger>(module, std::make_shared<HclogSink>(writer, module));
  // A format string that does not fit its arguments: without this, spdlog would
  // print text of its own on stderr.
  logger->set_error_handler([writer, module](const std::string& error) {
    writer->Write(LineNow(Level::kError, module, "log line lost error=" + Quote(error)));
  });
  spdlog::set_default_logger(std::move(logger));
  return std::unique_ptr<ProcessLog>(new ProcessLog(writer));
}

ProcessLog::~ProcessLog() {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::null_sink_mt>()));
}

bool ProcessLog::Flush(std::chrono::milliseconds limit) { return writer_->Flush(limit); }

}  // namespace svidence::log
