// Port: the place where a log is published, a directory of tiles and checkpoints.
#pragma once

#include <cstddef>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {

// What a place holds beside the tiles of FormatTilePath: the newest checkpoint
// whose tiles are all there, and the newest one that a quorum of witnesses has
// cosigned. Source of the first: c2sp.org/tlog-tiles, "Checkpoints".
constexpr std::string_view kCheckpointPath = "checkpoint";
constexpr std::string_view kWitnessedCheckpointPath = "checkpoint.witnessed";

// Implemented over a directory by plugin/adapters/linux, in memory with faults by
// tests/support; tests/integration/tile_place_contract_test.cc holds both to what
// stands here. One caller at a time, and one writer at a time per place. Read()
// takes the two paths above too.
class TilePlace : public TileReader {
 public:
  // Puts a file with these bytes at `path`, a tile's or one of the two above, in
  // the place of what is there: whoever reads meanwhile gets one or the other,
  // whole. After a crash that holds only once Sync() has said OK.
  // Errors: InvalidArgument on another path; ResourceExhausted if the place is
  //         full; whatever keeps the bytes from being written.
  virtual Status Write(std::string_view path, std::string_view bytes) = 0;

  // OK: all that was written is there after a crash. What failed once stays failed.
  virtual Status Sync() = 0;

  // Removes what there is of narrower forms of `full`, a full tile.
  // Errors: InvalidArgument if it is none; whatever keeps them from being removed.
  virtual Status RemovePartials(const TileId& full) = 0;
};

}  // namespace svidence::ledger
