#include "plugin/core/ledger/audit/slice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "plugin/core/ledger/audit/tile_defect.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/replay.h"
#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

class Slice {
 public:
  Slice(const SliceTask& task, EntryReader& reader, const Hasher& hasher)
      : task_(task), reader_(reader), hasher_(hasher), keys_(hasher) {
    result_.first = task.first;
  }

  Status Run();
  SliceResult Take() { return std::move(result_); }

 private:
  EntryIndex next() const { return task_.first + result_.good; }

  std::optional<Defect> CheckEntry(std::string_view bytes, const Digest* stored);
  std::optional<Defect> CheckSubject(const EntryView& view);
  Status Count(std::string_view bytes, const EntryView& view, const Digest& leaf);
  Status CheckBlock(const EntryBlock& block);
  Status CheckTile();
  void CompareTile(const TileId& tile, std::span<const Digest> found,
                   std::span<const Digest> published);

  const SliceTask& task_;
  EntryReader& reader_;
  const Hasher& hasher_;
  const SubjectIndex keys_;  // only for its keys
  SliceResult result_;
  EntryView view_;
  Digest leaf_{};
  std::vector<Digest> nodes_;  // of level 8, as they become complete
};

std::optional<Defect> Slice::CheckSubject(const EntryView& view) {
  SubjectSpan* const span = result_.subjects.FindOrAdd({.key = keys_.KeyOf(view.subject),
                                                        .first = next(),
                                                        .last = next(),
                                                        .before = view.place.subject_prev});
  if (span == nullptr) return std::nullopt;
  if (std::optional<Defect> defect = CheckSubjectPrev(next(), view, span->last)) return defect;
  span->last = next();
  return std::nullopt;
}

std::optional<Defect> Slice::CheckEntry(std::string_view bytes, const Digest* stored) {
  leaf_ = LeafHash(hasher_, bytes);
  if (stored != nullptr) {
    if (std::optional<Defect> defect = CheckLeaf(next(), leaf_, *stored)) return defect;
  }
  const StatusOr<EntryView> view = ScanEntry(bytes);
  if (!view.ok()) {
    return Defect{
        .index = next(), .kind = DefectKind::kMalformed, .sentence = Message(view.status())};
  }
  view_ = *view;
  if (std::optional<Defect> defect = CheckIndex(next(), view_.place)) return defect;
  if (result_.good == 0) {
    result_.placed = true;
    result_.place = view_.place;
  } else {
    const Head before{.size = next(), .last_leaf = result_.last_leaf};
    std::optional<Defect> defect = CheckLink(view_.place, before, result_.last_at_millis);
    if (defect) return defect;
  }
  if (std::optional<Defect> defect = CheckSubject(view_)) return defect;
  return CheckOpening(hasher_, view_, result_.identity);
}

Status Slice::Count(std::string_view bytes, const EntryView& view, const Digest& leaf) {
  if (next() == task_.wanted_leaf) result_.wanted_leaf = leaf;
  if (view.type == kKeyChangedType && result_.key_changes.size() < kMaxLogKeys) {
    result_.key_changes.push_back({.place = view.place,
                                   .type = std::string(view.type),
                                   .subject = std::string(view.subject),
                                   .members = std::string(view.members)});
  }
  ++result_.good;
  result_.bytes += bytes.size();
  result_.last_at_millis = view.place.at_millis;
  result_.last_leaf = leaf;
  SVIDENCE_RETURN_IF_ERROR(
      result_.tree.Append(hasher_, leaf, [this](const NodeId& node, const Digest& digest) {
        if (node.level == kTileHeight) nodes_.push_back(digest);
      }));
  if (std::binary_search(task_.wanted.begin(), task_.wanted.end(), next())) {
    result_.wanted.push_back({.size = next(), .tree = result_.tree});
  }
  return OkStatus();
}

Status Slice::CheckBlock(const EntryBlock& block) {
  const bool has_leaves = !block.leaves.empty();
  if (has_leaves && block.leaves.size() != block.entries.size()) {
    return Internal("a source must give a leaf hash beside each entry, or none");
  }
  for (std::size_t i = 0; i < block.entries.size(); ++i) {
    result_.defect = CheckEntry(block.entries[i], has_leaves ? &block.leaves[i] : nullptr);
    if (result_.defect) return OkStatus();
    SVIDENCE_RETURN_IF_ERROR(Count(block.entries[i], view_, leaf_));
  }
  result_.defect = block.defect;
  return OkStatus();
}

void Slice::CompareTile(const TileId& tile, std::span<const Digest> found,
                        std::span<const Digest> published) {
  const auto begin = static_cast<std::size_t>((task_.first >> kTileHeight) % kTileWidth);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (begin + i < published.size() && published[begin + i] == found[i]) continue;
    result_.tile_defect = WrongHash(tile, begin + i, found[i]);
    return;
  }
}

// The tile of level 1 that lies over this slice, as far as it does.
Status Slice::CheckTile() {
  if (nodes_.empty() || !task_.size) return OkStatus();
  TileId tile{.level = 1, .index = task_.first >> (2 * kTileHeight)};
  tile.width = TileWidthAt(tile.level, tile.index, *task_.size);
  const StatusOr<std::vector<Digest>> published = reader_.ReadTile(tile);
  if (std::optional<Defect> defect = UnreadableTile(tile, published.status())) {
    result_.tile_defect = std::move(defect);
    return OkStatus();
  }
  SVIDENCE_RETURN_IF_ERROR(published.status());
  if (!published->empty()) CompareTile(tile, nodes_, *published);
  return OkStatus();
}

Status Slice::Run() {
  EntryBlock block;
  while (next() < task_.end && !result_.defect) {
    const auto wanted = static_cast<std::size_t>(task_.end - next());
    SVIDENCE_RETURN_IF_ERROR(reader_.Read(next(), wanted, block));
    if (block.entries.size() > wanted) return Internal("a source gave more than was asked for");
    if (block.entries.empty() && !block.defect) return OkStatus();
    SVIDENCE_RETURN_IF_ERROR(CheckBlock(block));
  }
  return result_.defect ? OkStatus() : CheckTile();
}

}  // namespace

StatusOr<SliceResult> CheckSlice(const SliceTask& task, EntryReader& reader, const Hasher& hasher) {
  Slice slice(task, reader, hasher);
  SVIDENCE_RETURN_IF_ERROR(slice.Run());
  return slice.Take();
}

}  // namespace svidence::ledger
