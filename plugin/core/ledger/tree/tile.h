// Tiles: the tree cut into files that never change once they are full.
//
// A tile holds up to 256 neighbouring hashes of every eighth level; the levels
// between are computed from them. Source: c2sp.org/tlog-tiles, "Merkle Tree".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/subtree.h"

namespace svidence::ledger {

constexpr unsigned kTileHeight = 8;
constexpr std::size_t kTileWidth = std::size_t{1} << kTileHeight;
// What paths can say. No tree has tiles above level 7, or more than fit level 0.
constexpr unsigned kMaxTileLevel = 63;
constexpr std::uint64_t kMaxTileIndex = kMaxTreeSize / kTileWidth;

enum class TileKind : std::uint8_t {
  kHashes,
  kEntries,  // an entry bundle: the entries under a tile of level 0
};

// Each hash of a tile of level L is the root over 256^L leaves. A tile with fewer
// than kTileWidth is partial; a wider one of the same place begins with all of it.
struct TileId {
  TileKind kind = TileKind::kHashes;
  unsigned level = 0;  // 0 for entries
  std::uint64_t index = 0;
  std::size_t width = kTileWidth;  // hashes or entries, 1 to kTileWidth

  friend bool operator==(const TileId&, const TileId&) = default;
};

// Is every member within what stands above?
bool IsTile(const TileId& tile);

// How many hashes tile `index` of `level` has in a tree of `size` leaves: 0 if it
// has no such tile, kTileWidth if the tile is full.
std::size_t TileWidthAt(unsigned level, std::uint64_t index, std::uint64_t size);

// The tiles of one level that a growing tree has got: the full ones [first, end),
// and, unless its width is 0, the partial one at `end`.
struct TileSpan {
  unsigned level = 0;
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::size_t partial_width = 0;

  friend bool operator==(const TileSpan&, const TileSpan&) = default;
};

// The tiles that a tree of `new_size` leaves has and one of `old_size` has not,
// from level 0 up; at most 8 spans. A tile that was partial and is full or wider
// counts as new. From size 0: all tiles. The span of level 0 is that of the entry
// bundles too. Empty unless `old_size` < `new_size` <= kMaxTreeSize.
std::vector<TileSpan> NewTiles(std::uint64_t old_size, std::uint64_t new_size);

// The bytes of a tile: its hashes, one after the other.
// Errors: InvalidArgument unless there are 1 to kTileWidth.
StatusOr<std::string> EncodeTile(std::span<const Digest> hashes);
// Errors: InvalidArgument unless `width` is 1 to kTileWidth and `bytes` are that
//         many hashes.
StatusOr<std::vector<Digest>> DecodeTile(std::string_view bytes, std::size_t width);

}  // namespace svidence::ledger
