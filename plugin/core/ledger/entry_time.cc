#include "plugin/core/ledger/entry_time.h"

#include <algorithm>
#include <chrono>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
constexpr std::int64_t kMillisPerDay = 86'400'000;

// Writes `value` with leading zeros into [at, at + digits) of `text`.
void PutDigits(std::string& text, std::size_t at, std::size_t digits, std::int64_t value) {
  for (std::size_t i = digits; i-- > 0; value /= 10) {
    text[at + i] = static_cast<char>('0' + value % 10);
  }
}

int Digits(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  for (const char c : text.substr(at, digits)) value = value * 10 + (c - '0');
  return value;
}

bool HasShape(std::string_view text) {
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !is_digit : text[i] != kShape[i]) return false;
  }
  return true;
}

}  // namespace

std::string FormatTime(std::int64_t unix_millis) {
  const std::int64_t millis = std::clamp<std::int64_t>(unix_millis, 0, kMaxTimeMillis);
  const std::int64_t in_day = millis % kMillisPerDay;
  const std::chrono::year_month_day date(
      std::chrono::sys_days(std::chrono::days(millis / kMillisPerDay)));
  std::string text(kShape);
  PutDigits(text, 0, 4, static_cast<int>(date.year()));
  PutDigits(text, 5, 2, static_cast<unsigned>(date.month()));
  PutDigits(text, 8, 2, static_cast<unsigned>(date.day()));
  PutDigits(text, 11, 2, in_day / 3'600'000);
  PutDigits(text, 14, 2, in_day / 60'000 % 60);
  PutDigits(text, 17, 2, in_day / 1000 % 60);
  PutDigits(text, 20, 3, in_day % 1000);
  return text;
}

StatusOr<std::int64_t> ParseTime(std::string_view text) {
  if (!HasShape(text)) {
    return InvalidArgument("time must have the form 2026-11-23T18:00:00.123Z, got " + Quote(text));
  }
  const std::chrono::year_month_day date(
      std::chrono::year(Digits(text, 0, 4)),
      std::chrono::month(static_cast<unsigned>(Digits(text, 5, 2))),
      std::chrono::day(static_cast<unsigned>(Digits(text, 8, 2))));
  const std::int64_t hour = Digits(text, 11, 2);
  const std::int64_t minute = Digits(text, 14, 2);
  const std::int64_t second = Digits(text, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
    return InvalidArgument("time does not exist: " + Quote(text));
  }
  const std::chrono::sys_days midnight = date;
  const std::int64_t days = midnight.time_since_epoch().count();
  if (days < 0) return InvalidArgument("time must not lie before 1970, got " + Quote(text));
  return days * kMillisPerDay + (hour * 3600 + minute * 60 + second) * 1000 + Digits(text, 20, 3);
}

}  // namespace svidence::ledger
