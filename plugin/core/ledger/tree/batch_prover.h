// Inclusion proofs of a batch that is being appended, with no reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

constexpr std::size_t kMaxBatchLeaves = 2048;

// A tree right after a batch was appended to it: the new root, and the proof of
// each new leaf against it. These proofs need nodes of the right edge before the
// batch and nodes above the batch only, so all is kept here, in one block of
// about 64 bytes a leaf. An immutable value; any thread may read it.
class BatchProver {
 public:
  // The tree `before`, then `leaves`, which are leaf hashes. Hashes about as many
  // nodes as there are leaves, and at most one more for each level.
  // Errors: InvalidArgument above kMaxBatchLeaves, ResourceExhausted if the tree
  //         would have more than kMaxTreeSize leaves.
  static StatusOr<BatchProver> Create(const Hasher& hasher, const CompactRange& before,
                                      std::span<const Digest> leaves);

  // The tree after the batch.
  const CompactRange& after() const { return after_; }
  const Digest& root() const { return root_; }
  std::uint64_t size() const { return after_.size(); }

  // The index in the tree of the batch's first leaf, and how many it has.
  std::uint64_t first() const { return first_; }
  std::size_t leaves() const { return static_cast<std::size_t>(size() - first_); }

  // The inclusion proof against root() of the batch's leaf `offset`, that is of
  // leaf first() + offset: the leaf's sibling first. Allocates the result only.
  // Errors: InvalidArgument unless `offset` is below leaves().
  StatusOr<std::vector<Digest>> Prove(std::size_t offset) const;

  // Tells `observer`, which must not be empty, of each node that this batch has
  // completed: level by level from the leaves up, from left to right.
  void TellNewNodes(const NodeObserver& observer) const;

 private:
  // The nodes of one level that proofs need: neighbours, from an even one on. The
  // last one may be incomplete: then it is the root of what leaves there are.
  struct Row {
    std::uint64_t first = 0;  // index of nodes_[begin] on its level
    std::size_t begin = 0;
  };

  BatchProver(const CompactRange& before, std::size_t leaves);

  // Index of the last node of a level.
  std::uint64_t Last(std::size_t level) const { return (end_ - 1) >> level; }
  const Digest& At(std::size_t level, std::uint64_t index) const {
    return nodes_[rows_[level].begin + static_cast<std::size_t>(index - rows_[level].first)];
  }
  void BeginRow(const CompactRange& before);
  void AddRow(const Hasher& hasher, const CompactRange& before);
  StatusOr<CompactRange> RightEdge(const CompactRange& before) const;

  std::uint64_t first_;
  std::uint64_t end_;
  CompactRange after_;
  Digest root_{};
  std::vector<Row> rows_;  // one a level, up to that of the root; none without leaves
  std::vector<Digest> nodes_;
};

}  // namespace svidence::ledger
