// Where tiles and entry bundles are found, below the log's address or directory.
//
//   tile/<level>/<index>[.p/<width>]     e.g. tile/0/x001/x234/067.p/12
//   tile/entries/<index>[.p/<width>]
//
// The index stands in groups of three digits, all but the last behind an 'x'; the
// width only for a partial tile. Source: c2sp.org/tlog-tiles.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/tile.h"

namespace svidence::ledger {

constexpr std::size_t kMaxTilePathBytes = 47;

// Whatever this returns for a tile, ParseTilePath reads. Empty, which names
// nothing, unless IsTile(tile).
std::string FormatTilePath(const TileId& tile);

// One tile has one path: no leading zeros or groups, no width of a full tile. The
// path may come from anybody; what it gives is no evidence that the tile exists.
// Errors: InvalidArgument on any other form, and unless the tile IsTile().
StatusOr<TileId> ParseTilePath(std::string_view path);

}  // namespace svidence::ledger
