#include "plugin/core/ledger/tree/compact_range.h"

#include <algorithm>
#include <bit>
#include <string>

#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {

StatusOr<CompactRange> CompactRange::Restore(std::uint64_t size, std::span<const Digest> nodes) {
  if (size > kMaxTreeSize) {
    return InvalidArgument("a tree must have at most 2^63-1 leaves, got " + std::to_string(size));
  }
  if (static_cast<int>(nodes.size()) != std::popcount(size)) {
    return InvalidArgument("the right edge of a tree of " + std::to_string(size) +
                           " leaves must have " + std::to_string(std::popcount(size)) +
                           " nodes, got " + std::to_string(nodes.size()));
  }
  CompactRange range;
  range.size_ = size;
  std::copy(nodes.begin(), nodes.end(), range.nodes_.begin());
  return range;
}

Status CompactRange::Append(const Hasher& hasher, const Digest& leaf,
                            const NodeObserver& observer) {
  if (size_ >= kMaxTreeSize) return ResourceExhausted("a tree must have at most 2^63-1 leaves");
  std::size_t count = nodes().size();
  NodeId id{.level = 0, .index = size_};
  Digest digest = leaf;
  if (observer) observer(id, digest);
  // While it stands on the right, it completes its parent.
  while ((id.index & 1U) != 0) {
    digest = NodeHash(hasher, nodes_[--count], digest);
    id = {.level = id.level + 1, .index = id.index >> 1U};
    if (observer) observer(id, digest);
  }
  nodes_[count] = digest;
  ++size_;
  return OkStatus();
}

Digest CompactRange::Root(const Hasher& hasher) const {
  const std::span<const Digest> nodes = this->nodes();
  if (nodes.empty()) return EmptyRoot(hasher);
  Digest root = nodes.back();
  for (std::size_t i = nodes.size() - 1; i-- > 0;) root = NodeHash(hasher, nodes[i], root);
  return root;
}

std::span<const Digest> CompactRange::nodes() const {
  return std::span(nodes_).first(static_cast<std::size_t>(std::popcount(size_)));
}

bool operator==(const CompactRange& a, const CompactRange& b) {
  return a.size_ == b.size_ &&
         std::equal(a.nodes().begin(), a.nodes().end(), b.nodes().begin(), b.nodes().end());
}

}  // namespace svidence::ledger
