#include "plugin/core/config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"

namespace svidence::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Larger first.
constexpr std::array<Unit, 4> kDurationUnits = {
    {{"h", std::int64_t{3600} * 1000}, {"m", std::int64_t{60} * 1000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {{{"GiB", std::int64_t{1} << 30},
                                             {"MiB", std::int64_t{1} << 20},
                                             {"KiB", std::int64_t{1} << 10},
                                             {"B", 1}}};

constexpr std::int64_t kMaxDurationMillis = std::int64_t{290} * 365 * 24 * 3600 * 1000;
constexpr std::int64_t kMaxSizeBytes = std::numeric_limits<std::int64_t>::max();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits and a unit's name off the front of `text`; the value in the
// smallest unit, or -1 if there are none or it exceeds `max`. `units` is cut to
// those smaller than the one found.
std::int64_t TakeQuantity(std::string_view& text, const Unit*& first, const Unit* last,
                          std::int64_t max) {
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || !IsDigit(text.front()) || error != std::errc()) return -1;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  const auto* const name_end = std::find_if(text.begin(), text.end(), IsDigit);
  const std::string_view name = text.substr(0, static_cast<std::size_t>(name_end - text.begin()));
  const Unit* const unit =
      std::find_if(first, last, [name](const Unit& candidate) { return candidate.name == name; });
  if (unit == last || count > max / unit->factor) return -1;
  text.remove_prefix(name.size());
  first = unit + 1;
  return count * unit->factor;
}

}  // namespace

StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const Status wrong = InvalidArgument(
      R"(a duration is written like "24h", "1m30s" or "250ms": whole numbers, larger unit first, got )" +
      Quote(text));
  std::string_view rest = text;
  const Unit* first = kDurationUnits.data();
  const Unit* const last = kDurationUnits.data() + kDurationUnits.size();
  std::int64_t total = 0;
  do {
    const std::int64_t part = TakeQuantity(rest, first, last, kMaxDurationMillis);
    if (part < 0 || part > kMaxDurationMillis - total) return wrong;
    total += part;
  } while (!rest.empty());
  return std::chrono::milliseconds(total);
}

std::string DurationText(std::chrono::milliseconds duration) {
  std::string text;
  std::int64_t rest = duration.count();
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text.empty() ? "0s" : text;
}

StatusOr<std::uint64_t> ParseSize(std::string_view text) {
  std::string_view rest = text;
  const Unit* first = kSizeUnits.data();
  const Unit* const last = kSizeUnits.data() + kSizeUnits.size();
  const std::int64_t bytes = TakeQuantity(rest, first, last, kMaxSizeBytes);
  if (bytes < 0 || !rest.empty()) {
    return InvalidArgument(
        R"(a size is written like "512MiB": a whole number and B, KiB, MiB or GiB, got )" +
        Quote(text));
  }
  return static_cast<std::uint64_t>(bytes);
}

std::string SizeText(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    const auto factor = static_cast<std::uint64_t>(unit.factor);
    if (bytes != 0 && bytes % factor == 0) {
      return std::to_string(bytes / factor) + std::string(unit.name);
    }
  }
  return "0B";
}

StatusOr<std::string> NormalizePath(std::string_view text, std::size_t max_bytes) {
  if (!text.starts_with('/')) {
    return InvalidArgument("a path must be absolute, got " + Quote(text));
  }
  if (text.size() > max_bytes) {
    return InvalidArgument("a path may have at most " + std::to_string(max_bytes) +
                           " bytes here, got " + std::to_string(text.size()));
  }
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
  });
  if (control)
    return InvalidArgument("a path must not hold control characters, got " + Quote(text));
  if (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  for (std::string_view rest = text.size() > 1 ? text : ""; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") {
      return InvalidArgument(R"(a path must not have empty, "." or ".." segments, got )" +
                             Quote(text));
    }
    rest.remove_prefix(segment.size());
  }
  return std::string(text);
}

}  // namespace svidence::config
