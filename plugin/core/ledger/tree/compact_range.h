// The right edge of the tree: all that appending and the root need.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/subtree.h"

namespace svidence::ledger {

// Told of each node that has become complete, and so of each node once.
using NodeObserver = std::function<void(const NodeId&, const Digest&)>;

// The roots of the complete subtrees that make up a tree: one for each bit of
// its size. A plain value of 2 KiB, copied without allocating. Not thread-safe.
class CompactRange {
 public:
  static constexpr std::size_t kMaxNodes = 63;

  CompactRange() = default;  // the empty tree

  // From what size() and nodes() gave. Shows nothing about the digests: whoever
  // did not keep them safe compares the root.
  // Errors: InvalidArgument if `size` is above kMaxTreeSize, or `nodes` are not
  //         as many as it has bits set.
  static StatusOr<CompactRange> Restore(std::uint64_t size, std::span<const Digest> nodes);

  // Adds a leaf hash; on average one node is hashed. `observer` may be empty;
  // else it is told of the leaf, then of what that completes, bottom up.
  // Errors: ResourceExhausted at kMaxTreeSize leaves: nothing is added.
  Status Append(const Hasher& hasher, const Digest& leaf, const NodeObserver& observer = {});

  // Hashes at most 62 nodes.
  Digest Root(const Hasher& hasher) const;

  std::uint64_t size() const { return size_; }
  // Largest subtree first: those that CoverOf names.
  std::span<const Digest> nodes() const;

  friend bool operator==(const CompactRange& a, const CompactRange& b);

 private:
  std::uint64_t size_ = 0;
  std::array<Digest, kMaxNodes> nodes_{};  // as many count as size_ has bits set
};

}  // namespace svidence::ledger
