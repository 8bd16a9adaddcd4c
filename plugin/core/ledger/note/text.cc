#include "plugin/core/ledger/note/text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "attestors/base/encoding.h"
#include "attestors/base/status.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string_view> TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::string_view> TakeField(std::string_view& rest, std::string_view key) {
  if (!rest.starts_with(key) || !rest.substr(key.size()).starts_with(' ')) return std::nullopt;
  const std::optional<std::string_view> line = TakeLine(rest);
  if (!line) return std::nullopt;
  return line->substr(key.size() + 1);
}

std::optional<std::uint64_t> ParseDecimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > kMaxTextNumber ||
      (text.front() == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  return value;
}

void AppendHash(std::string& out, const Digest& hash) {
  std::array<char, kHashTextBytes> text{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < hash.size(); i += 3) {
    const std::uint32_t last = i + 2 < hash.size() ? hash[i + 2] : 0U;
    const std::uint32_t group =
        std::uint32_t{hash[i]} << 16U | std::uint32_t{hash[i + 1]} << 8U | last;
    for (unsigned shift = 24; shift != 0;) {
      shift -= 6;
      text[at++] = kAlphabet[group >> shift & 0x3fU];
    }
  }
  text.back() = '=';  // 32 bytes are ten groups of three and two bytes
  out.append(text.data(), text.size());
}

std::optional<Digest> ParseHash(std::string_view text) {
  if (text.size() != kHashTextBytes) return std::nullopt;
  const StatusOr<std::string> bytes = Base64Decode(text);
  Digest hash{};
  if (!bytes.ok() || bytes->size() != hash.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

}  // namespace svidence::ledger
