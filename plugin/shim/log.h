// The shim's own log lines, in the JSON form of hclog that SPIRE reads from a
// plugin's stderr. A wrong one can end SPIRE itself: it asserts that @message,
// @level and @timestamp are strings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/shim/fd.h"

namespace svidence::shim {

// With the newline. Below PIPE_BUF, so that one write(2) is never interleaved.
constexpr std::size_t kMaxLogLineBytes = 4000;

enum class Level { kDebug, kInfo, kWarn, kError };

// One line with its newline, at most kMaxLogLineBytes; what does not fit of
// `message` is cut and followed by "...".
// Source: go-plugin v1.7.0 log_entry.go; spire v1.13.3 pkg/common/log/hclog_adapter.go.
std::string FormatLine(Level level, std::string_view message,
                       std::chrono::sys_time<std::chrono::microseconds> at);

// Appends `text` as the inside of a JSON string, at most `max_bytes` of it:
// quotes, backslashes and control characters escaped, U+FFFD for each byte that
// is not part of valid UTF-8. False: some of `text` did not fit.
bool AppendEscaped(std::string_view text, std::size_t max_bytes, std::string& out);

// Text from outside for a message: in double quotes, escaped as above, bounded.
std::string Quote(std::string_view text);

// Not thread-safe.
class Logger {
 public:
  // Writes to `fd`, which must stay open. A pipe is opened once more, so that
  // non-blocking writes of ours do not change what the daemon sees.
  explicit Logger(int fd);

  // Never waits: while SPIRE does not read, lines are dropped and counted, and
  // the next one that fits is preceded by their number.
  void Log(Level level, std::string_view message);
  // Waits at most half a second for room: the reason of an exit should arrive.
  void LogLast(Level level, std::string_view message);

 private:
  bool Write(Level level, std::string_view message, int wait_millis) const;

  Fd own_;
  int fd_;
  std::uint64_t dropped_ = 0;
};

}  // namespace svidence::shim
