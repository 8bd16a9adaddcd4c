// What is wrong with a tile that is published above the entries.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/tree/tile.h"

namespace svidence::ledger {

// The first entry below hash `place` of `tile`.
EntryIndex FirstBelow(const TileId& tile, std::size_t place);

// Hash `place` of `tile` should be `found`.
Defect WrongHash(const TileId& tile, std::size_t place, const Digest& found);

// The defect that reading `tile` with this result means; nullopt if it means none,
// or is an error of another kind.
std::optional<Defect> UnreadableTile(const TileId& tile, const Status& error);

}  // namespace svidence::ledger
