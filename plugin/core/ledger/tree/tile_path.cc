#include "plugin/core/ledger/tree/tile_path.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kRoot = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::size_t kGroupDigits = 3;
constexpr unsigned kGroupBase = 1000;

std::string GroupOf(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kGroupDigits - digits.size(), '0') + digits;
}

// The number that `digits`, and nothing else, are.
std::optional<unsigned> NumberIn(std::string_view digits) {
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [read, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || read != end) return std::nullopt;
  return value;
}

// The same, written without leading zeros.
std::optional<unsigned> PlainNumberIn(std::string_view digits) {
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  return NumberIn(digits);
}

// Takes three digits off the front of `rest`.
std::optional<unsigned> TakeGroup(std::string_view& rest) {
  const std::string_view digits = rest.substr(0, kGroupDigits);
  if (digits.size() != kGroupDigits) return std::nullopt;
  rest.remove_prefix(kGroupDigits);
  return NumberIn(digits);
}

std::optional<std::uint64_t> IndexIn(std::string_view text) {
  if (text.starts_with("x000")) return std::nullopt;
  std::uint64_t index = 0;
  while (text.starts_with('x')) {
    text.remove_prefix(1);
    const std::optional<unsigned> group = TakeGroup(text);
    if (!group || !text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
    index = index * kGroupBase + *group;
    if (index > kMaxTileIndex) return std::nullopt;  // before it could overflow
  }
  const std::optional<unsigned> last = TakeGroup(text);
  if (!last || !text.empty()) return std::nullopt;
  return index * kGroupBase + *last;
}

std::optional<TileId> TileIn(std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  TileId tile;
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view level = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  if (level == kEntries) {
    tile.kind = TileKind::kEntries;
  } else {
    const std::optional<unsigned> number = PlainNumberIn(level);
    if (!number) return std::nullopt;
    tile.level = *number;
  }
  if (const std::size_t dot = path.find(kPartial); dot != std::string_view::npos) {
    const std::optional<unsigned> width = PlainNumberIn(path.substr(dot + kPartial.size()));
    if (!width || *width >= kTileWidth) return std::nullopt;
    tile.width = *width;
    path = path.substr(0, dot);
  }
  const std::optional<std::uint64_t> index = IndexIn(path);
  if (!index) return std::nullopt;
  tile.index = *index;
  return tile;
}

}  // namespace

std::string FormatTilePath(const TileId& tile) {
  if (!IsTile(tile)) return "";
  std::string index = GroupOf(tile.index % kGroupBase);
  for (std::uint64_t rest = tile.index / kGroupBase; rest > 0; rest /= kGroupBase) {
    index.insert(0, 'x' + GroupOf(rest % kGroupBase) + '/');
  }
  std::string path(kRoot);
  path += tile.kind == TileKind::kEntries ? std::string(kEntries) : std::to_string(tile.level);
  path += '/' + index;
  if (tile.width < kTileWidth) path += std::string(kPartial) + std::to_string(tile.width);
  return path;
}

StatusOr<TileId> ParseTilePath(std::string_view path) {
  const std::optional<TileId> tile = path.size() <= kMaxTilePathBytes ? TileIn(path) : std::nullopt;
  if (tile && IsTile(*tile)) return *tile;
  return InvalidArgument(
      "a tile's path must have the form tile/<level or \"entries\">/<index>[.p/<width>], got " +
      Quote(path));
}

}  // namespace svidence::ledger
