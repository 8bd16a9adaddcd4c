#include "plugin/core/ledger/audit/joiner.h"

#include <bit>
#include <string>

#include "plugin/core/ledger/audit/tile_defect.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/entry_scanner.h"

namespace svidence::ledger {
namespace {

// The lowest level of tiles that no slice looks at.
constexpr unsigned kFirstJoinedLevel = 2;

}  // namespace

std::optional<Defect> Joiner::CheckSeam(const SliceResult& slice) const {
  return slice.placed ? CheckLink(slice.place, head_, last_at_millis_) : std::nullopt;
}

const SubjectSpan* Joiner::FindBadSubject(const SliceResult& slice) {
  for (const SubjectSpan& span : slice.subjects.spans()) {
    if (span.before != subjects_.Last(span.key)) return &span;
    subjects_.Set(span.key, span.last);
  }
  return nullptr;
}

// Looks at the slice again, up to the entry at fault, which is what the report is of.
StatusOr<std::optional<Defect>> Joiner::BadSubject(const SliceResult& slice,
                                                   const SubjectSpan& span) {
  const std::optional<EntryIndex> actual = subjects_.Last(span.key);
  SVIDENCE_ASSIGN_OR_RETURN(
      SliceResult before,
      CheckSlice({.first = slice.first, .end = span.first, .size = size_}, reader_, hasher_));
  if (before.good != span.first - slice.first) {
    return Unavailable("the ledger has changed while it was read");
  }
  before.tile_defect.reset();
  SVIDENCE_RETURN_IF_ERROR(Adopt(before));
  EntryBlock block;
  SVIDENCE_RETURN_IF_ERROR(reader_.Read(span.first, 1, block));
  const StatusOr<EntryView> view =
      ScanEntry(block.entries.empty() ? std::string_view() : block.entries.front());
  if (!view.ok()) return Unavailable("the ledger has changed while it was read");
  return CheckSubjectPrev(span.first, *view, actual);
}

StatusOr<Digest> Joiner::RootWith(const CompactRange& local) const {
  std::vector<Digest> nodes(slices_.nodes().begin(), slices_.nodes().end());
  if (local.size() == slice_entries_) {
    CompactRange whole = slices_;
    SVIDENCE_RETURN_IF_ERROR(whole.Append(hasher_, local.Root(hasher_)));
    return whole.Root(hasher_);
  }
  nodes.insert(nodes.end(), local.nodes().begin(), local.nodes().end());
  SVIDENCE_ASSIGN_OR_RETURN(
      const CompactRange all,
      CompactRange::Restore(slices_.size() * slice_entries_ + local.size(), nodes));
  return all.Root(hasher_);
}

void Joiner::NoteTile(std::optional<Defect> defect) {
  if (!defect || (tile_defect_ && tile_defect_->index <= defect->index)) return;
  tile_defect_ = std::move(defect);
}

Status Joiner::CheckTile(const NodeId& node, const Digest& digest) {
  const unsigned level = node.level + static_cast<unsigned>(std::countr_zero(slice_entries_));
  if (!size_ || level % kTileHeight != 0 || level / kTileHeight < kFirstJoinedLevel) {
    return OkStatus();
  }
  TileId tile{.level = level / kTileHeight, .index = node.index / kTileWidth};
  tile.width = TileWidthAt(tile.level, tile.index, *size_);
  auto& [held, hashes] = tiles_[tile.level];
  if (!(held == tile)) {
    StatusOr<std::vector<Digest>> read = reader_.ReadTile(tile);
    const std::optional<Defect> trouble = UnreadableTile(tile, read.status());
    if (!read.ok() && !trouble) return read.status();
    NoteTile(trouble);
    held = tile;
    hashes = read.ok() ? *std::move(read) : std::vector<Digest>{};
  }
  const auto place = static_cast<std::size_t>(node.index % kTileWidth);
  const bool wrong = place < hashes.size() ? hashes[place] != digest : !hashes.empty();
  if (wrong) NoteTile(WrongHash(tile, place, digest));
  return OkStatus();
}

Status Joiner::AppendSlice(const Digest& root) {
  Status checked = OkStatus();
  SVIDENCE_RETURN_IF_ERROR(
      slices_.Append(hasher_, root, [this, &checked](const NodeId& node, const Digest& digest) {
        if (checked.ok()) checked = CheckTile(node, digest);
      }));
  return checked;
}

Status Joiner::Adopt(const SliceResult& slice) {
  for (const TreeAt& at : slice.wanted) {
    SVIDENCE_ASSIGN_OR_RETURN(roots_[at.size], RootWith(at.tree));
  }
  if (slice.identity) identity_ = slice.identity;
  if (slice.wanted_leaf) wanted_leaf_ = slice.wanted_leaf;
  NoteTile(slice.tile_defect);
  if (slice.good == 0) return OkStatus();
  head_ = {.size = slice.first + slice.good, .last_leaf = slice.last_leaf};
  last_at_millis_ = slice.last_at_millis;
  bytes_ += slice.bytes;
  if (slice.good == slice_entries_) return AppendSlice(slice.tree.Root(hasher_));
  tail_ = slice.tree;
  return OkStatus();
}

std::optional<Defect> Joiner::FindBadKey(const SliceResult& slice,
                                         std::optional<KeySchedule>& keys) const {
  const auto bad = [](EntryIndex index, DefectKind kind, const Status& why) {
    return Defect{.index = index, .kind = kind, .sentence = Message(why)};
  };
  if (slice.identity) {
    StatusOr<KeySchedule> first = KeySchedule::Begin(hasher_, *slice.identity);
    if (!first.ok()) return bad(0, DefectKind::kOpening, first.status());
    keys = *std::move(first);
  }
  for (const Entry& change : slice.key_changes) {
    const Status good =
        verifier_ == nullptr || !keys
            ? FailedPrecondition("nobody here can check the signatures of a change of key")
            : keys->Apply(hasher_, *verifier_, change);
    if (!good.ok()) return bad(change.place.index, DefectKind::kKey, good);
  }
  return std::nullopt;
}

// Joins what is before it, where something may be wrong that comes first.
StatusOr<std::optional<Defect>> Joiner::BadKey(const SliceResult& slice, Defect defect) {
  if (defect.index == slice.first) return std::optional<Defect>(std::move(defect));
  SVIDENCE_ASSIGN_OR_RETURN(
      const SliceResult before,
      CheckSlice({.first = slice.first, .end = defect.index, .size = size_}, reader_, hasher_));
  if (before.good != defect.index - slice.first) {
    return Unavailable("the ledger has changed while it was read");
  }
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<Defect> earlier, Join(before));
  return earlier ? earlier : std::optional<Defect>(std::move(defect));
}

StatusOr<std::optional<Defect>> Joiner::Join(const SliceResult& slice) {
  if (std::optional<Defect> defect = CheckSeam(slice)) return defect;
  std::optional<KeySchedule> keys = keys_;
  if (std::optional<Defect> defect = FindBadKey(slice, keys)) {
    return BadKey(slice, *std::move(defect));
  }
  // What is wrong with a subject stands at or before the slice's own defect, and is
  // looked at before that.
  if (const SubjectSpan* const span = FindBadSubject(slice)) return BadSubject(slice, *span);
  SVIDENCE_RETURN_IF_ERROR(Adopt(slice));
  keys_ = std::move(keys);
  return slice.defect;
}

}  // namespace svidence::ledger
