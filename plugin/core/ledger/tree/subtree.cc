#include "plugin/core/ledger/tree/subtree.h"

#include <algorithm>
#include <bit>

namespace svidence::ledger {

bool IsComplete(const NodeId& node, std::uint64_t size) {
  return node.level <= kMaxLevel && size <= kMaxTreeSize && node.index < (size >> node.level);
}

std::uint64_t SplitOf(std::uint64_t size) { return size < 2 ? 0 : std::bit_floor(size - 1); }

std::vector<NodeId> CoverOf(LeafRange range) {
  std::vector<NodeId> cover;
  if (range.end > kMaxTreeSize) return cover;
  while (range.begin < range.end) {
    const int fits = static_cast<int>(std::bit_width(range.end - range.begin)) - 1;
    const int aligned = std::countr_zero(range.begin);  // 64 for 0
    const auto level = static_cast<unsigned>(std::min(fits, aligned));
    cover.push_back({level, range.begin >> level});
    range.begin += std::uint64_t{1} << level;
  }
  return cover;
}

}  // namespace svidence::ledger
