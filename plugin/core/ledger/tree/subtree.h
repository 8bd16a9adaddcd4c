// Complete subtrees: the nodes of the tree that never change again.
#pragma once

#include <cstdint>
#include <vector>

namespace svidence::ledger {

// Sizes stay below 2^63, as in Go's readers of such logs, whose sizes are int64.
// No tree has more than 63 levels of complete subtrees, 0 to kMaxLevel.
constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63U) - 1;
constexpr unsigned kMaxLevel = 62;

// The subtree over the leaves [index * 2^level, (index + 1) * 2^level). Part of
// a tree once that has all of them.
struct NodeId {
  unsigned level = 0;
  std::uint64_t index = 0;

  friend bool operator==(const NodeId&, const NodeId&) = default;
};

// The leaves [begin, end).
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Is `node` complete in a tree of `size` leaves, at most kMaxTreeSize?
bool IsComplete(const NodeId& node, std::uint64_t size);

// The largest power of two below `size`, where a tree of that many leaves
// splits. `size` must be at least 2; 0 for less.
// Source: RFC 9162, section 2.1.1, "k".
std::uint64_t SplitOf(std::uint64_t size);

// The fewest complete subtrees that cover `range`, from left to right: one for
// each bit of `range.end` if it begins at 0, largest first; at most 126. Empty
// if the range is empty or goes beyond kMaxTreeSize.
std::vector<NodeId> CoverOf(LeafRange range);

}  // namespace svidence::ledger
