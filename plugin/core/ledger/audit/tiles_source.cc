#include "plugin/core/ledger/audit/tiles_source.h"

#include <algorithm>
#include <string>
#include <utility>

#include "plugin/core/ledger/tree/entry_bundle.h"
#include "plugin/core/ledger/tree/tile_fetch.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::ledger {
namespace {

// Reads bundle by bundle. The block's entries lie in the bundle that it keeps.
class TilesReader final : public EntryReader {
 public:
  TilesReader(std::unique_ptr<TileReader> tiles, std::uint64_t size)
      : tiles_(std::move(tiles)), size_(size) {}

  Status Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) override;
  StatusOr<std::vector<Digest>> ReadTile(const TileId& tile) override {
    return FetchTile(*tiles_, tile);
  }

 private:
  Status ReadEntries(const TileId& bundle, EntryBlock& block);
  Status ReadLeaves(const TileId& bundle, EntryBlock& block);

  std::unique_ptr<TileReader> tiles_;
  const std::uint64_t size_;
  std::string bundle_;
};

// What a file that is missing or damaged means for the entries that it should hold.
Status Damage(const TileId& tile, const Status& error, EntryBlock& block) {
  const bool gone = error.code() == StatusCode::kNotFound;
  if (!gone && error.code() != StatusCode::kDataLoss) return error;
  const bool entries = tile.kind == TileKind::kEntries;
  DefectKind kind = entries ? DefectKind::kBundle : DefectKind::kTile;
  if (gone) kind = DefectKind::kMissing;
  block.entries.clear();
  block.leaves.clear();
  block.defect = Defect{.index = tile.index * kTileWidth,
                        .kind = kind,
                        .sentence = gone ? FormatTilePath(tile) + " is not there: " + Message(error)
                                         : Message(error)};
  return OkStatus();
}

Status TilesReader::ReadEntries(const TileId& bundle, EntryBlock& block) {
  StatusOr<FetchedBundle> fetched = FetchBundle(*tiles_, bundle);
  if (!fetched.ok()) return Damage(bundle, fetched.status(), block);
  bundle_ = std::move(fetched->bytes);
  StatusOr<std::vector<std::string_view>> entries = DecodeEntryBundle(bundle_, fetched->width);
  if (!entries.ok()) {
    return Damage(bundle, DataLoss(FormatTilePath(bundle) + ": " + Message(entries.status())),
                  block);
  }
  block.entries = *std::move(entries);
  block.entries.resize(bundle.width);
  return OkStatus();
}

Status TilesReader::ReadLeaves(const TileId& bundle, EntryBlock& block) {
  const TileId tile{.level = 0, .index = bundle.index, .width = bundle.width};
  StatusOr<std::vector<Digest>> leaves = FetchTile(*tiles_, tile);
  if (!leaves.ok()) return Damage(tile, leaves.status(), block);
  block.leaves = *std::move(leaves);
  block.leaves.resize(bundle.width);
  return OkStatus();
}

Status TilesReader::Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) {
  block = {};
  const std::uint64_t index = first / kTileWidth;
  const TileId bundle{
      .kind = TileKind::kEntries, .index = index, .width = TileWidthAt(0, index, size_)};
  const auto skip = static_cast<std::size_t>(first % kTileWidth);
  if (first >= size_ || skip >= bundle.width) return OkStatus();
  SVIDENCE_RETURN_IF_ERROR(ReadEntries(bundle, block));
  if (!block.defect) {
    SVIDENCE_RETURN_IF_ERROR(ReadLeaves(bundle, block));
  }
  if (block.defect) {
    block.defect->index = std::max(block.defect->index, first);
    return OkStatus();
  }
  const std::size_t end = std::min(skip + max_entries, bundle.width);
  const auto cut = [skip, end](auto& all) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(skip));
  };
  cut(block.entries);
  cut(block.leaves);
  return OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<EntryReader>> TilesSource::OpenReader() {
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<TileReader> tiles, open_());
  return std::unique_ptr<EntryReader>(std::make_unique<TilesReader>(std::move(tiles), size_));
}

}  // namespace svidence::ledger
