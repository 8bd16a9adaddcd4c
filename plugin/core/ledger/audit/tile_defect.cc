#include "plugin/core/ledger/audit/tile_defect.h"

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::ledger {

EntryIndex FirstBelow(const TileId& tile, std::size_t place) {
  return (tile.index * kTileWidth + place) << (tile.level * kTileHeight);
}

Defect WrongHash(const TileId& tile, std::size_t place, const Digest& found) {
  return {.index = FirstBelow(tile, place),
          .kind = DefectKind::kTile,
          .sentence = "hash " + std::to_string(place) + " of " + FormatTilePath(tile) +
                      " is not that of the entries below it, " + DigestText(found)};
}

std::optional<Defect> UnreadableTile(const TileId& tile, const Status& error) {
  const bool gone = error.code() == StatusCode::kNotFound;
  if (!gone && error.code() != StatusCode::kDataLoss) return std::nullopt;
  return Defect{.index = FirstBelow(tile, 0),
                .kind = DefectKind::kTile,
                .sentence = gone ? FormatTilePath(tile) + " is not there: " + Message(error)
                                 : Message(error)};
}

}  // namespace svidence::ledger
