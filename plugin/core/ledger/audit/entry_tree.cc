#include "plugin/core/ledger/audit/entry_tree.h"

#include <string>
#include <utility>

#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

constexpr EntryIndex kStride = EntryIndex{1} << EntryTree::kKeptLevel;

}  // namespace

StatusOr<Digest> EntryTree::RootOver(EntryIndex first, EntryIndex end) {
  CompactRange range;
  EntryBlock block;
  while (first < end) {
    SVIDENCE_RETURN_IF_ERROR(reader_->Read(first, static_cast<std::size_t>(end - first), block));
    if (block.entries.empty()) {
      return DataLoss("entry " + std::to_string(first) + ": " +
                      (block.defect ? block.defect->sentence : "is not there") +
                      "; run `svidence ledger verify`");
    }
    for (const std::string_view entry : block.entries) {
      SVIDENCE_RETURN_IF_ERROR(range.Append(hasher_, LeafHash(hasher_, entry)));
    }
    first += block.entries.size();
  }
  return range.Root(hasher_);
}

StatusOr<std::unique_ptr<EntryTree>> EntryTree::Build(const Hasher& hasher,
                                                      std::unique_ptr<EntryReader> reader,
                                                      EntryIndex size) {
  std::unique_ptr<EntryTree> tree(new EntryTree(hasher, std::move(reader), size));
  for (EntryIndex first = 0; first + kStride <= size; first += kStride) {
    SVIDENCE_ASSIGN_OR_RETURN(const Digest root, tree->RootOver(first, first + kStride));
    tree->kept_.push_back(root);
  }
  return tree;
}

StatusOr<Digest> EntryTree::NodeOf(const NodeId& node) {
  if (!IsComplete(node, size_)) {
    return NotFound("a tree of " + std::to_string(size_) + " leaves has no complete node " +
                    std::to_string(node.index) + " on level " + std::to_string(node.level));
  }
  if (node.level < kKeptLevel) {
    return RootOver(node.index << node.level, (node.index + 1) << node.level);
  }
  const auto count = std::size_t{1} << (node.level - kKeptLevel);
  CompactRange range;
  for (std::size_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::size_t>(node.index) * count + i;
    SVIDENCE_RETURN_IF_ERROR(range.Append(hasher_, kept_[place]));
  }
  return range.Root(hasher_);
}

StatusOr<std::vector<Digest>> EntryTree::Read(std::span<const NodeId> nodes) {
  if (nodes.size() > kMaxNodesPerRead) {
    return InvalidArgument("at most 128 nodes must be read at once, got " +
                           std::to_string(nodes.size()));
  }
  std::vector<Digest> digests;
  digests.reserve(nodes.size());
  for (const NodeId& node : nodes) {
    SVIDENCE_ASSIGN_OR_RETURN(const Digest digest, NodeOf(node));
    digests.push_back(digest);
  }
  return digests;
}

}  // namespace svidence::ledger
