#include "plugin/adapters/log/hclog_line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "attestors/base/json.h"

namespace svidence::log {
namespace {

using Pair = std::pair<std::string_view, std::string>;

// The only names that the loader knows; any other line would become DEBUG.
std::string_view NameOf(Level level) {
  switch (level) {
    case Level::kTrace:
      return "trace";
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

// "2006-01-02T15:04:05.000000Z": another number of digits would make the loader
// print the whole line as it is, at DEBUG.
std::string Timestamp(std::int64_t unix_micros) {
  using std::chrono::days;
  using std::chrono::microseconds;
  const std::chrono::sys_time<microseconds> time{microseconds(unix_micros)};
  const auto midnight = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  std::array<char, 64> text{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fixed width, no <format> here.
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld.%06ldZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
      static_cast<long>(clock.minutes().count()), static_cast<long>(clock.seconds().count()),
      static_cast<long>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

bool IsKeyStart(char c) { return c >= 'a' && c <= 'z'; }
bool IsKeyByte(char c) { return IsKeyStart(c) || (c >= '0' && c <= '9') || c == '_'; }

// Takes a key and its '=' off the front of `text`.
std::optional<std::string_view> TakeKey(std::string_view& text) {
  if (text.empty() || !IsKeyStart(text.front())) return std::nullopt;
  const auto* const end = std::find_if_not(text.begin(), text.end(), IsKeyByte);
  if (end == text.end() || *end != '=') return std::nullopt;
  const std::string_view key = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(key.size() + 1);
  return key;
}

// Takes a value in quotes off the front of `text`: \" and \\ give the second
// character, other escapes of Quote() stay as they are, as does the "..." that
// says that it cut the text.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string value;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    value.push_back(text[i]);
  }
  if (i == text.size()) return std::nullopt;
  text.remove_prefix(i + 1);
  constexpr std::string_view kCut = "...";
  if (text.starts_with(kCut)) {
    text.remove_prefix(kCut.size());
    value.append(kCut);
  }
  return value;
}

std::optional<std::string> TakeValue(std::string_view& text) {
  if (text.starts_with('"')) return TakeQuoted(text);
  const std::string_view value = text.substr(0, text.find(' '));
  text.remove_prefix(value.size());
  return std::string(value);
}

// The pairs that `text` consists of, or nullopt if it holds anything else.
std::optional<std::vector<Pair>> ParsePairs(std::string_view text) {
  std::vector<Pair> pairs;
  while (!text.empty()) {
    if (!pairs.empty()) {
      if (text.front() != ' ') return std::nullopt;
      text.remove_prefix(1);
    }
    const std::optional<std::string_view> key = TakeKey(text);
    if (!key || pairs.size() == kMaxPairs) return std::nullopt;
    // Twice the same member: readers would disagree on which one counts.
    if (std::any_of(pairs.begin(), pairs.end(), [&](const Pair& p) { return p.first == *key; })) {
      return std::nullopt;
    }
    std::optional<std::string> value = TakeValue(text);
    if (!value) return std::nullopt;
    pairs.emplace_back(*key, *std::move(value));
  }
  return pairs;
}

struct Parts {
  std::string_view message;
  std::vector<Pair> pairs;
};

// The index behind the quoted text that begins at `at`.
std::size_t SkipQuoted(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Splits `text` at the first word from which on all is pairs. Quoted text in
// the message is skipped: it comes from outside and must not make members.
Parts Split(std::string_view text) {
  bool word_starts = true;
  for (std::size_t at = 0; at < text.size();) {
    if (word_starts) {
      std::optional<std::vector<Pair>> pairs = ParsePairs(text.substr(at));
      if (pairs) return {text.substr(0, at == 0 ? 0 : at - 1), *std::move(pairs)};
    }
    word_starts = text[at] == ' ';
    at = text[at] == '"' ? SkipQuoted(text, at) : at + 1;
  }
  return {text, {}};
}

}  // namespace

std::string ToHclogLine(const Line& line) {
  std::string cut;
  std::string_view text = line.text;
  if (text.size() > kMaxTextBytes) {
    cut = std::string(text.substr(0, kMaxTextBytes)) + "... [cut: the text had " +
          std::to_string(text.size()) + " bytes]";
    text = cut;
  }
  const Parts parts = Split(text);

  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("@level").String(NameOf(line.level));
  json.Key("@message").String(parts.message);
  json.Key("@module").String(line.module);
  json.Key("@timestamp").String(Timestamp(line.unix_micros));
  for (const auto& [key, value] : parts.pairs) json.Key(key).String(value);
  json.EndObject();
  out.push_back('\n');
  return out;
}

}  // namespace svidence::log
