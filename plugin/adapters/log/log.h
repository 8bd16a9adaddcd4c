// The log of a daemon: spdlog's default logger, as hclog lines on a descriptor.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/status.h"

namespace svidence::log {

class LineWriter;

// Sets the level of spdlog's default logger, at once and for all threads.
// Errors: InvalidArgument unless `name` is trace, debug, info, warn or error.
Status SetLevel(std::string_view name);

// One at a time, made and destroyed while no other thread logs. Between, what
// goes to spdlog::info() and its like, from any thread and without blocking it,
// becomes one JSON line each on a descriptor; level is info until SetLevel().
class ProcessLog {
 public:
  // `fd` is duplicated. `module` is the program.
  // Errors: ResourceExhausted if there is no descriptor or thread to be had.
  static StatusOr<std::unique_ptr<ProcessLog>> Start(int fd, const std::string& module);
  // Flushes for a second; what is logged later is thrown away.
  ~ProcessLog();
  ProcessLog(const ProcessLog&) = delete;
  ProcessLog& operator=(const ProcessLog&) = delete;

  // False if the lines logged so far could not be written within `limit`.
  bool Flush(std::chrono::milliseconds limit);

 private:
  explicit ProcessLog(std::shared_ptr<LineWriter> writer) : writer_(std::move(writer)) {}

  const std::shared_ptr<LineWriter> writer_;
};

}  // namespace svidence::log
