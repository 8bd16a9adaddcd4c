// Joins checked slices to one ledger, in order: what no slice knows alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/slice.h"
#include "plugin/core/ledger/subject_index.h"

namespace svidence::ledger {

// Not thread-safe.
class Joiner {
 public:
  // Slices of `slice_entries` each, a power of two, of a ledger of `size` entries,
  // if that is known. `reader` is for tiles and for what has to be looked at again;
  // it and `hasher` must outlive this object.
  // Without a verifier a `key.changed` cannot be checked, and is a defect.
  Joiner(const Hasher& hasher, EntryReader& reader, EntryIndex slice_entries,
         std::optional<EntryIndex> size, const Ed25519Verifier* verifier = nullptr)
      : hasher_(hasher),
        verifier_(verifier),
        reader_(reader),
        slice_entries_(slice_entries),
        size_(size),
        subjects_(hasher) {}

  // Takes the slice behind those taken so far; nullopt: its entries hold, all of
  // them. After a defect, or a slice that is not full, no further one may be given.
  // Errors: those of the reader.
  StatusOr<std::optional<Defect>> Join(const SliceResult& slice);

  const Head& head() const { return head_; }
  std::uint64_t bytes() const { return bytes_; }
  const std::optional<LogIdentity>& identity() const { return identity_; }
  // The keys so far; nullopt before entry 0.
  const std::optional<KeySchedule>& keys() const { return keys_; }
  const std::optional<Digest>& wanted_leaf() const { return wanted_leaf_; }
  // In the tiles above the entries taken so far: the first by entry, then by level.
  const std::optional<Defect>& tile_defect() const { return tile_defect_; }
  // Of the tree over all entries taken.
  StatusOr<Digest> Root() const { return RootWith(tail_); }
  // Of the trees that the slices' tasks asked for.
  const std::map<EntryIndex, Digest>& roots() const { return roots_; }

 private:
  std::optional<Defect> CheckSeam(const SliceResult& slice) const;
  // The first `key.changed` that is none; else `keys` goes on with all of them.
  std::optional<Defect> FindBadKey(const SliceResult& slice,
                                   std::optional<KeySchedule>& keys) const;
  StatusOr<std::optional<Defect>> BadKey(const SliceResult& slice, Defect defect);
  const SubjectSpan* FindBadSubject(const SliceResult& slice);
  StatusOr<std::optional<Defect>> BadSubject(const SliceResult& slice, const SubjectSpan& span);
  Status Adopt(const SliceResult& slice);
  StatusOr<Digest> RootWith(const CompactRange& local) const;
  Status AppendSlice(const Digest& root);
  Status CheckTile(const NodeId& node, const Digest& digest);
  void NoteTile(std::optional<Defect> defect);

  const Hasher& hasher_;
  const Ed25519Verifier* const verifier_;
  EntryReader& reader_;
  const EntryIndex slice_entries_;
  const std::optional<EntryIndex> size_;
  SubjectIndex subjects_;
  Head head_;
  std::int64_t last_at_millis_ = 0;
  std::uint64_t bytes_ = 0;
  CompactRange slices_;  // its leaves are the roots of whole slices
  CompactRange tail_;    // over the entries of the last slice, if that is not whole
  std::map<EntryIndex, Digest> roots_;
  std::optional<LogIdentity> identity_;
  std::optional<KeySchedule> keys_;
  std::optional<Digest> wanted_leaf_;
  std::optional<Defect> tile_defect_;
  std::map<unsigned, std::pair<TileId, std::vector<Digest>>> tiles_;  // the newest of each level
};

}  // namespace svidence::ledger
