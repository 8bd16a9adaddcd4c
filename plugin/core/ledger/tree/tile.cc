#include "plugin/core/ledger/tree/tile.h"

#include <algorithm>

#include "attestors/base/encoding.h"

namespace svidence::ledger {
namespace {

constexpr unsigned kTileLevels = 8;  // of the largest tree: 2^63 < 256^8

// How many hashes a level of tiles has.
std::uint64_t HashesAt(unsigned level, std::uint64_t size) {
  return level < kTileLevels ? size >> (kTileHeight * level) : 0;
}

Status CheckWidth(std::size_t width) {
  if (width >= 1 && width <= kTileWidth) return OkStatus();
  return InvalidArgument("a tile must have 1 to 256 hashes, got " + std::to_string(width));
}

}  // namespace

bool IsTile(const TileId& tile) {
  const unsigned max_level = tile.kind == TileKind::kEntries ? 0 : kMaxTileLevel;
  return tile.level <= max_level && tile.index <= kMaxTileIndex && tile.width >= 1 &&
         tile.width <= kTileWidth;
}

std::size_t TileWidthAt(unsigned level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t hashes = HashesAt(level, size);
  if (index > hashes / kTileWidth) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(kTileWidth, hashes - index * kTileWidth));
}

std::vector<TileSpan> NewTiles(std::uint64_t old_size, std::uint64_t new_size) {
  std::vector<TileSpan> spans;
  if (new_size > kMaxTreeSize) return spans;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t before = HashesAt(level, old_size);
    const std::uint64_t after = HashesAt(level, new_size);
    if (before >= after) break;
    spans.push_back({.level = level,
                     .first = before / kTileWidth,
                     .end = after / kTileWidth,
                     .partial_width = static_cast<std::size_t>(after % kTileWidth)});
  }
  return spans;
}

StatusOr<std::string> EncodeTile(std::span<const Digest> hashes) {
  SVIDENCE_RETURN_IF_ERROR(CheckWidth(hashes.size()));
  std::string bytes;
  bytes.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) bytes += TextOf(hash);
  return bytes;
}

StatusOr<std::vector<Digest>> DecodeTile(std::string_view bytes, std::size_t width) {
  SVIDENCE_RETURN_IF_ERROR(CheckWidth(width));
  if (bytes.size() != width * sizeof(Digest)) {
    return InvalidArgument("a tile of " + std::to_string(width) + " hashes must have " +
                           std::to_string(width * sizeof(Digest)) + " bytes, got " +
                           std::to_string(bytes.size()));
  }
  std::vector<Digest> hashes(width);
  for (std::size_t i = 0; i < width; ++i) {
    const std::string_view hash = bytes.substr(i * sizeof(Digest), sizeof(Digest));
    std::copy(hash.begin(), hash.end(), hashes[i].begin());
  }
  return hashes;
}

}  // namespace svidence::ledger
