#include "plugin/cli/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "attestors/base/quote.h"
#include "plugin/core/config/values.h"
#include "plugin/core/ledger/entry_time.h"

namespace svidence::cli {
namespace {

constexpr std::size_t kMaxShownBytes = std::size_t{16} * 1024;
constexpr std::int64_t kHundred = 100;

bool IsPrintable(char c) { return c >= 0x20 && c <= 0x7e; }

std::string Relative(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array kUnits{Unit{86400, " d"}, Unit{3600, " h"}, Unit{60, " min"}, Unit{1, " s"}};
  const std::int64_t age = seconds < 0 ? -seconds : seconds;
  for (const Unit& unit : kUnits) {
    if (age < unit.seconds * 2 && unit.seconds > 1) continue;
    const std::string text = std::to_string(age / unit.seconds) + unit.name;
    return seconds < 0 ? "in " + text : text + " ago";
  }
  return {};
}

void Pad(std::string& line, std::string_view cell, std::size_t width) {
  line += cell;
  line.append(width - cell.size() + 2, ' ');
}

void TrimEnd(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

std::string Shown(std::string_view text) {
  if (text.size() <= kMaxShownBytes && std::all_of(text.begin(), text.end(), IsPrintable)) {
    return std::string(text);
  }
  return Quote(text, kMaxShownBytes);
}

std::string OneLine(std::string_view message) {
  std::string line;
  for (const char c : message) {
    if (IsPrintable(c)) {
      line += c;
    } else {
      const std::string quoted = Quote({&c, 1});
      line += quoted.substr(1, quoted.size() - 2);
    }
  }
  return line;
}

std::string ExactTime(std::int64_t unix_millis) {
  std::string text = ledger::FormatTime(unix_millis);
  if (const std::size_t at = text.find(".000Z"); at != std::string::npos) text.replace(at, 5, "Z");
  return text;
}

std::string ShownTime(std::int64_t unix_millis, std::int64_t now_millis) {
  return ExactTime(unix_millis) + " (" + Relative((now_millis - unix_millis) / 1000) + ")";
}

std::string ShownSeconds(std::int64_t seconds) {
  return config::DurationText(std::chrono::seconds(seconds));
}

std::string ShownScore(trust::Score score) {
  const std::string cents = std::to_string(score % kHundred);
  return std::to_string(score / kHundred) + '.' + (cents.size() < 2 ? "0" : "") + cents;
}

std::string ShownSponsor(const std::optional<registry::SponsorRecord>& sponsor) {
  if (!sponsor) return "nobody";
  return Shown(sponsor->ref) +
         (sponsor->verified ? " (verified, method " : " (unverified, method ") +
         Shown(sponsor->method) + ")";
}

StatusOr<trust::Score> ParseScore(std::string_view option, const std::string& text) {
  const auto refuse = [&] {
    return InvalidArgument(std::string(option) +
                           " must be points from 0 to 100 with at most two decimals, e.g. 70 or "
                           "62.5; got " +
                           Quote(text));
  };
  std::string digits = text;
  std::size_t decimals = 0;
  if (const std::size_t dot = text.find('.'); dot != std::string::npos) {
    decimals = text.size() - dot - 1;
    if (dot == 0 || decimals == 0 || decimals > 2) return refuse();
    digits.erase(dot, 1);
  }
  digits.append(2 - decimals, '0');
  trust::Score score = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, score);
  if (read.ec != std::errc() || read.ptr != end || digits.starts_with('-') ||
      score > trust::kMaxScore) {
    return refuse();
  }
  return score;
}

StatusOr<std::int64_t> ParseSeconds(std::string_view option, const std::string& text) {
  const StatusOr<std::chrono::milliseconds> read = config::ParseDuration(text);
  if (!read.ok() || read->count() % 1000 != 0) {
    return InvalidArgument(std::string(option) +
                           " must be whole seconds in the form 24h or 1m30s; got " + Quote(text));
  }
  return read->count() / 1000;
}

std::string Table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) Pad(line, row[i], widths[i]);
    TrimEnd(line);
    text += line + '\n';
  }
  return text;
}

std::string Facts(const std::vector<std::pair<std::string, std::string>>& facts,
                  std::string_view indent) {
  std::size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, fact.first.size());
  std::string text;
  for (const auto& [name, value] : facts) {
    std::string line(indent);
    Pad(line, name, width);
    line += value;
    TrimEnd(line);
    text += line + '\n';
  }
  return text;
}

}  // namespace svidence::cli
