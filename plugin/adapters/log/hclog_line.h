// One log line in the form that SPIRE's plugin loader reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace svidence::log {

// The loader reads lines into a buffer of 64 KiB; ours stay below that, their
// line feed included, whatever the text is.
constexpr std::size_t kMaxLineBytes = std::size_t{60} * 1024;
// Text behind this many bytes is cut off, and the line says so.
constexpr std::size_t kMaxTextBytes = std::size_t{8} * 1024;
// More pairs than this stay in the message.
constexpr std::size_t kMaxPairs = 16;

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError };

struct Line {
  Level level = Level::kInfo;
  // Since 1970-01-01T00:00:00Z.
  std::int64_t unix_micros = 0;
  // Who speaks, e.g. "svidence-server".
  std::string_view module = {};
  // Words, then pairs: `ledger opened entries=42 path="/var/lib/x"`. A key is
  // [a-z][a-z0-9_]*; a value has no space, or stands in double quotes as
  // Quote() writes it. Pairs become members of their own, as text.
  std::string_view text = {};
};

// The line as one JSON object and its line feed. Every member is a string: the
// loader panics on an "@message", "@level" or "@timestamp" that is none, which
// would end SPIRE itself, and turns numbers into doubles.
//
// Source: go-plugin v1.7.0, client.go (logStderr) and log_entry.go (parseJSON).
std::string ToHclogLine(const Line& line);

}  // namespace svidence::log
