#include "plugin/core/ledger/derived/derived_writer.h"

#include <utility>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::ledger {

DerivedWriter::DerivedWriter(DerivedStore& store, const Hasher& hasher, std::string uuid)
    : store_(&store), hasher_(&hasher) {
  state_.uuid = std::move(uuid);
}

StatusOr<DerivedWriter> DerivedWriter::Resume(DerivedStore& store, const Hasher& hasher,
                                              const DerivedState& state, const CompactRange& tree) {
  DerivedWriter writer(store, hasher, state.uuid);
  writer.state_ = state;
  writer.sealed_ = true;
  writer.head_ = state.head;
  writer.tree_ = tree;
  writer.states_ = state.states;
  SVIDENCE_RETURN_IF_ERROR(writer.ReadOpenTiles());
  return writer;
}

Status DerivedWriter::ReadOpenTiles() {
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = head_.size >> (kTileHeight * level);
    TileId tile{.level = level, .index = hashes / kTileWidth};
    tile.width = static_cast<std::size_t>(hashes % kTileWidth);
    if (tile.width == 0) continue;
    SVIDENCE_ASSIGN_OR_RETURN(open_[level],
                              store_->Read(FormatTilePath(tile), tile.width * sizeof(Digest)));
  }
  return OkStatus();
}

// Tiles hold the nodes of each eighth level. A level's last tile is written again
// with every slice until it is full.
void DerivedWriter::AddHash(const NodeId& node, const Digest& digest) {
  if (node.level % kTileHeight != 0) return;
  const unsigned level = node.level / kTileHeight;
  std::string& open = open_[level];
  open += TextOf(digest);
  if (open.size() < kTileWidth * sizeof(Digest)) return;
  filled_.push_back(
      {.level = level, .index = node.index / kTileWidth, .hashes = std::exchange(open, {})});
}

Status DerivedWriter::Add(const EntryView& entry, const Digest& leaf) {
  if (entry.place.index != head_.size) {
    return InvalidArgument("derived state must go on with entry " + std::to_string(head_.size) +
                           ", got " + std::to_string(entry.place.index));
  }
  if (full()) {
    return ResourceExhausted("a slice of derived state must have at most " +
                             std::to_string(kMaxDerivedSlice) + " entries");
  }
  SVIDENCE_RETURN_IF_ERROR(tree_.Append(
      *hasher_, leaf, [this](const NodeId& node, const Digest& digest) { AddHash(node, digest); }));
  // What the entry says of its subject was checked, or is our own: no index is
  // needed here beside the one that appends.
  const auto [change, is_new] =
      subjects_.try_emplace(SubjectKeyOf(*hasher_, entry.subject),
                            Change{.before = entry.place.subject_prev, .last = head_.size});
  if (!is_new) change->second.last = head_.size;
  if (IsStateType(entry.type)) {
    states_.Add(*hasher_, head_.size, leaf);
    new_states_.push_back(head_.size);
  }
  head_ = {.size = head_.size + 1, .last_leaf = leaf};
  return OkStatus();
}

DerivedState DerivedWriter::NextState() const {
  DerivedState next{.uuid = state_.uuid,
                    .head = head_,
                    .root = tree_.Root(*hasher_),
                    .states = states_,
                    .subjects = state_.subjects};
  for (const auto& [key, change] : subjects_) {
    if (change.before) next.subjects.Remove(*hasher_, {.key = key, .last = *change.before});
    next.subjects.Add(*hasher_, {.key = key, .last = change.last});
  }
  return next;
}

DerivedDelta DerivedWriter::NextDelta(const DerivedState& next) const {
  DerivedDelta delta{
      .from = state_.head.size, .size = next.head.size, .tiles = filled_, .states = new_states_};
  for (unsigned level = 0; level < kTileLevels; ++level) {
    if (open_[level].empty()) continue;
    delta.tiles.push_back({.level = level,
                           .index = (next.head.size >> (kTileHeight * level)) / kTileWidth,
                           .hashes = open_[level]});
  }
  delta.subjects.reserve(subjects_.size());
  for (const auto& [key, change] : subjects_) {
    delta.subjects.push_back({.key = key, .last = change.last});
  }
  return delta;
}

Status DerivedWriter::Flush(const CheckpointSigner* log) {
  if (head_.size == 0 || (pending() == 0 && (sealed_ || log == nullptr))) return OkStatus();
  DerivedState next = NextState();
  DerivedDelta delta = NextDelta(next);
  if (log != nullptr) {
    StatusOr<std::string> seal = SignSeal(*log, next);
    if (!seal.ok()) return Annotate(seal.status(), "signing the seal of the derived state");
    delta.seal = *std::move(seal);
  }
  SVIDENCE_RETURN_IF_ERROR(store_->Extend(delta));
  state_ = std::move(next);
  sealed_ = log != nullptr;
  Forget();
  return OkStatus();
}

Status DerivedWriter::Restart() {
  SVIDENCE_RETURN_IF_ERROR(store_->Clear());
  Forget();
  state_ = {.uuid = std::move(state_.uuid)};
  sealed_ = false;
  head_ = {};
  tree_ = {};
  states_ = {};
  open_ = {};
  return OkStatus();
}

void DerivedWriter::Forget() {
  filled_.clear();
  subjects_.clear();
  new_states_.clear();
}

}  // namespace svidence::ledger
