// A published log, c2sp.org/tlog-tiles, as a source of entries.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::ledger {

// Where the files of a published log are read; one call for each thread.
using OpenTiles = std::function<StatusOr<std::unique_ptr<TileReader>>()>;

// The log of a checkpoint of `size` entries, whatever is published behind it. The
// leaf hash beside each entry is that of the tile of level 0.
class TilesSource final : public EntrySource {
 public:
  TilesSource(OpenTiles open, std::uint64_t size) : open_(std::move(open)), size_(size) {}

  StatusOr<std::optional<EntryIndex>> Size() override { return std::optional(size_); }
  StatusOr<std::unique_ptr<EntryReader>> OpenReader() override;

 private:
  OpenTiles open_;
  EntryIndex size_;
};

}  // namespace svidence::ledger
