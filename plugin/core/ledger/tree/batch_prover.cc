#include "plugin/core/ledger/tree/batch_prover.h"

#include <bit>
#include <string>

#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

// The node on `level` of a tree's right edge; it must have one there.
const Digest& EdgeNode(const CompactRange& range, std::size_t level) {
  const std::uint64_t larger = range.size() >> level >> 1U;
  return range.nodes()[static_cast<std::size_t>(std::popcount(larger))];
}

}  // namespace

BatchProver::BatchProver(const CompactRange& before, std::size_t leaves)
    : first_(before.size()), end_(before.size() + leaves), after_(before) {
  rows_.reserve(kMaxLevel + 2);
  nodes_.reserve(2 * (leaves + kMaxLevel + 2));
}

StatusOr<BatchProver> BatchProver::Create(const Hasher& hasher, const CompactRange& before,
                                          std::span<const Digest> leaves) {
  if (leaves.size() > kMaxBatchLeaves) {
    return InvalidArgument("a batch must have at most " + std::to_string(kMaxBatchLeaves) +
                           " leaves, got " + std::to_string(leaves.size()));
  }
  if (leaves.size() > kMaxTreeSize - before.size()) {
    return ResourceExhausted("a tree must have at most 2^63-1 leaves");
  }
  BatchProver prover(before, leaves.size());
  if (leaves.empty()) {
    prover.root_ = before.Root(hasher);
    return prover;
  }
  prover.BeginRow(before);
  prover.nodes_.insert(prover.nodes_.end(), leaves.begin(), leaves.end());
  while (prover.Last(prover.rows_.size() - 1) > 0) prover.AddRow(hasher, before);
  prover.root_ = prover.nodes_.back();
  SVIDENCE_ASSIGN_OR_RETURN(prover.after_, prover.RightEdge(before));
  return prover;
}

// Where the batch begins on the right of a pair, the left one is a complete
// subtree of the tree before.
void BatchProver::BeginRow(const CompactRange& before) {
  const std::size_t level = rows_.size();
  const std::uint64_t index = first_ >> level;
  rows_.push_back({.first = index & ~std::uint64_t{1}, .begin = nodes_.size()});
  if ((index & 1U) != 0) nodes_.push_back(EdgeNode(before, level));
}

void BatchProver::AddRow(const Hasher& hasher, const CompactRange& before) {
  const std::size_t level = rows_.size();
  const std::size_t below = level - 1;
  BeginRow(before);
  for (std::uint64_t index = first_ >> level; index <= Last(level); ++index) {
    const Digest left = At(below, 2 * index);
    // A last one without a neighbour is the root of the leaves below its parent.
    const bool alone = 2 * index == Last(below);
    nodes_.push_back(alone ? left : NodeHash(hasher, left, At(below, 2 * index + 1)));
  }
}

StatusOr<CompactRange> BatchProver::RightEdge(const CompactRange& before) const {
  std::vector<Digest> edge;
  edge.reserve(CompactRange::kMaxNodes);
  for (const NodeId& node : CoverOf({.begin = 0, .end = end_})) {
    const bool is_new = node.index >= (first_ >> node.level);
    edge.push_back(is_new ? At(node.level, node.index) : EdgeNode(before, node.level));
  }
  return CompactRange::Restore(end_, edge);
}

StatusOr<std::vector<Digest>> BatchProver::Prove(std::size_t offset) const {
  if (offset >= leaves()) {
    return InvalidArgument("the batch has " + std::to_string(leaves()) +
                           " leaves, there is none with offset " + std::to_string(offset));
  }
  std::vector<Digest> proof;
  proof.reserve(rows_.size() - 1);
  for (std::size_t level = 0; level + 1 < rows_.size(); ++level) {
    const std::uint64_t sibling = ((first_ + offset) >> level) ^ 1U;
    if (sibling <= Last(level)) proof.push_back(At(level, sibling));
  }
  return proof;
}

void BatchProver::TellNewNodes(const NodeObserver& observer) const {
  for (std::size_t level = 0; level < rows_.size(); ++level) {
    for (std::uint64_t index = first_ >> level; index < (end_ >> level); ++index) {
      observer({.level = static_cast<unsigned>(level), .index = index}, At(level, index));
    }
  }
}

}  // namespace svidence::ledger
