#include "plugin/core/ledger/tree/tile_node_reader.h"

#include <algorithm>
#include <utility>

#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/tile_fetch.h"

namespace svidence::ledger {
namespace {

// The root over `hashes`, whose number is a power of two.
Digest RootOver(const Hasher& hasher, std::span<const Digest> hashes) {
  std::vector<Digest> row(hashes.begin(), hashes.end());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = NodeHash(hasher, row[2 * i], row[2 * i + 1]);
    }
    row.resize(row.size() / 2);
  }
  return row.front();
}

}  // namespace

StatusOr<std::span<const Digest>> TileNodeReader::Load(const TileId& tile,
                                                       std::vector<Loaded>& loaded) const {
  const auto found = std::find_if(loaded.begin(), loaded.end(),
                                  [&tile](const Loaded& other) { return other.tile == tile; });
  if (found != loaded.end()) return std::span<const Digest>(found->hashes);
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<Digest> hashes, FetchTile(tiles_, tile));
  loaded.push_back({.tile = tile, .hashes = std::move(hashes)});
  return std::span<const Digest>(loaded.back().hashes);
}

StatusOr<std::vector<Digest>> TileNodeReader::Read(std::span<const NodeId> nodes) {
  if (nodes.size() > kMaxNodesPerRead) {
    return InvalidArgument("at most 128 nodes must be read at once, got " +
                           std::to_string(nodes.size()));
  }
  std::vector<Loaded> loaded;
  std::vector<Digest> digests;
  digests.reserve(nodes.size());
  for (const NodeId& node : nodes) {
    if (!IsComplete(node, size_)) {
      return NotFound("a tree of " + std::to_string(size_) + " leaves has no complete node " +
                      std::to_string(node.index) + " on level " + std::to_string(node.level));
    }
    // The node is the root over this many neighbouring hashes of one tile.
    const std::size_t count = std::size_t{1} << (node.level % kTileHeight);
    const std::uint64_t first = node.index * count;
    TileId tile{.level = node.level / kTileHeight, .index = first / kTileWidth};
    tile.width = TileWidthAt(tile.level, tile.index, size_);
    SVIDENCE_ASSIGN_OR_RETURN(const std::span<const Digest> hashes, Load(tile, loaded));
    digests.push_back(
        RootOver(hasher_, hashes.subspan(static_cast<std::size_t>(first % kTileWidth), count)));
  }
  return digests;
}

}  // namespace svidence::ledger
