#include "plugin/core/ledger/tree/tile_fetch.h"

#include <utility>

#include "plugin/core/ledger/tree/entry_bundle.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::ledger {
namespace {

// The bytes of `tile`, which becomes the full one if only that is there.
StatusOr<std::string> FetchBytes(TileReader& tiles, TileId& tile) {
  const auto read = [&tiles](const TileId& one) {
    const std::size_t max_bytes = one.kind == TileKind::kEntries
                                      ? one.width * (kMaxBundleBytes / kTileWidth)
                                      : one.width * sizeof(Digest);
    StatusOr<std::string> bytes = tiles.Read(FormatTilePath(one), max_bytes);
    // What is there and longer than any such file is damage, however it is said.
    const StatusCode code = bytes.status().code();
    const bool too_long =
        code == StatusCode::kInvalidArgument || code == StatusCode::kResourceExhausted;
    return too_long ? DataLoss(FormatTilePath(one) + ": " + Message(bytes.status())) : bytes;
  };
  const auto gone = [](const StatusOr<std::string>& bytes) {
    return !bytes.ok() && bytes.status().code() == StatusCode::kNotFound;
  };
  StatusOr<std::string> bytes = read(tile);
  if (!gone(bytes) || tile.width == kTileWidth) return bytes;
  TileId full = tile;
  full.width = kTileWidth;
  StatusOr<std::string> wider = read(full);
  // The tile that should be there is the partial one: that one is missing.
  if (gone(wider)) return bytes;
  tile = full;
  return wider;
}

}  // namespace

StatusOr<std::vector<Digest>> FetchTile(TileReader& tiles, const TileId& tile) {
  TileId found = tile;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes, FetchBytes(tiles, found));
  StatusOr<std::vector<Digest>> hashes = DecodeTile(bytes, found.width);
  if (!hashes.ok()) return DataLoss(FormatTilePath(found) + ": " + Message(hashes.status()));
  return hashes;
}

StatusOr<FetchedBundle> FetchBundle(TileReader& tiles, const TileId& tile) {
  TileId found = tile;
  SVIDENCE_ASSIGN_OR_RETURN(std::string bytes, FetchBytes(tiles, found));
  return FetchedBundle{.bytes = std::move(bytes), .width = found.width};
}

}  // namespace svidence::ledger
