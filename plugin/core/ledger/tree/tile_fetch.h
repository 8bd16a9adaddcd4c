// Single tiles out of a TileReader, with what c2sp.org/tlog-tiles allows a log to
// leave out.
#pragma once

#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {

// The hashes of `tile`. Where a partial one is gone, the full one, whose beginning
// it is, will do.
// Errors: those of the port, NotFound naming the tile that was asked for; DataLoss
//         if the file has not the length that its path says, or is too long to be read.
StatusOr<std::vector<Digest>> FetchTile(TileReader& tiles, const TileId& tile);

// A bundle's bytes, and how many entries its path says it has: those of `tile`, or
// more if only the full one is there.
struct FetchedBundle {
  std::string bytes;
  std::size_t width = 0;
};
// `tile` must be of TileKind::kEntries. Looks at no byte of what it gives.
// Errors: those of the port; DataLoss if the file is too long to be read.
StatusOr<FetchedBundle> FetchBundle(TileReader& tiles, const TileId& tile);

}  // namespace svidence::ledger
