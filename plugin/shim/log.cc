#include "plugin/shim/log.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace svidence::shim {
namespace {

// Longer than any path or option that is worth reading in a message.
constexpr std::size_t kMaxQuotedBytes = 256;
constexpr int kLastLineWaitMillis = 500;
// What one byte can become: \u00XX.
constexpr std::size_t kLongestEscape = 6;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kCut = "...";

std::string_view NameOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

// `number` in decimal, `width` digits, zeros in front.
std::string Padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

// "2026-11-23T18:00:00.123456Z": Go's 2006-01-02T15:04:05.000000Z07:00. By hand
// and not by gmtime(3), which reads the time zone's file.
std::string Timestamp(std::chrono::sys_time<std::chrono::microseconds> at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return Padded(static_cast<int>(date.year()), 4) + "-" +
         Padded(static_cast<unsigned>(date.month()), 2) + "-" +
         Padded(static_cast<unsigned>(date.day()), 2) + "T" + Padded(time.hours().count(), 2) +
         ":" + Padded(time.minutes().count(), 2) + ":" + Padded(time.seconds().count(), 2) + "." +
         Padded(time.subseconds().count(), 6) + "Z";
}

bool IsContinuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

// Length of the UTF-8 character at the start of `text`, 0 if there is none.
// Source: RFC 3629, section 4.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(text, 1)) return 0;
  if (first < 0xE0) return 2;
  const unsigned second = byte(1);
  if (!IsContinuation(text, 2)) return 0;
  if (first == 0xE0 && second < 0xA0) return 0;  // an over-long form
  if (first == 0xED && second > 0x9F) return 0;  // a surrogate
  if (first < 0xF0) return 3;
  if (first == 0xF0 && second < 0x90) return 0;  // an over-long form
  if (first == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
  return IsContinuation(text, 3) ? 4 : 0;
}

void AppendControl(unsigned char byte, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

bool WaitForRoom(int fd, int millis) {
  pollfd room = {.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&room, 1, millis) == 1 && (room.revents & POLLOUT) != 0;
}

}  // namespace

bool AppendEscaped(std::string_view text, std::size_t max_bytes, std::string& out) {
  const std::size_t limit = out.size() + max_bytes;
  while (!text.empty()) {
    if (out.size() + kLongestEscape > limit) return false;
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = Utf8Length(text);
    if (length == 0) {
      out += kReplacement;
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first < 0x20 || first == 0x7F) {
      AppendControl(first, out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return true;
}

std::string FormatLine(Level level, std::string_view message,
                       std::chrono::sys_time<std::chrono::microseconds> at) {
  const std::string tail =
      R"(","@module":"svidence-shim","@timestamp":")" + Timestamp(at) + "\"}\n";
  std::string line = R"({"@level":")";
  line += NameOf(level);
  line += R"(","@message":")";
  const std::size_t room = kMaxLogLineBytes - line.size() - kCut.size() - tail.size();
  if (!AppendEscaped(message, room, line)) line += kCut;
  return line + tail;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  const bool whole = AppendEscaped(text, kMaxQuotedBytes, quoted);
  return quoted + (whole ? "\"" : "\"...");
}

Logger::Logger(int fd) : fd_(fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISFIFO(info.st_mode)) return;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so.
  own_ = Fd(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (own_.valid()) fd_ = own_.get();
}

bool Logger::Write(Level level, std::string_view message, int wait_millis) const {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const std::string line = FormatLine(level, message, now);
  // Asked even of a non-blocking pipe: a terminal or a file has no such flag.
  if (!WaitForRoom(fd_, wait_millis)) return false;
  ssize_t wrote = 0;
  do {
    wrote = write(fd_, line.data(), line.size());
  } while (wrote < 0 && errno == EINTR);
  return wrote >= 0;
}

void Logger::Log(Level level, std::string_view message) {
  if (dropped_ > 0 &&
      Write(Level::kWarn, std::to_string(dropped_) + " log lines dropped: nobody read them", 0)) {
    dropped_ = 0;
  }
  if (dropped_ > 0 || !Write(level, message, 0)) ++dropped_;
}

void Logger::LogLast(Level level, std::string_view message) {
  // The process ends after it: there is nobody to tell that it failed.
  (void)Write(level, message, kLastLineWaitMillis);
}

}  // namespace svidence::shim
