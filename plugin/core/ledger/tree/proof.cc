#include "plugin/core/ledger/tree/proof.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "plugin/core/ledger/tree/hashing.h"

namespace svidence::ledger {
namespace {

Status CheckSize(std::uint64_t size) {
  if (size <= kMaxTreeSize) return OkStatus();
  return InvalidArgument("a tree must have at most 2^63-1 leaves, got " + std::to_string(size));
}

// Roots of ranges of leaves that are to be read together.
class Reading {
 public:
  // `range` must not be empty.
  void Add(LeafRange range) {
    const std::vector<NodeId> cover = CoverOf(range);
    nodes_.insert(nodes_.end(), cover.begin(), cover.end());
    counts_.push_back(cover.size());
  }

  // The roots, those of the ranges added last first: both proofs are found from
  // the root down and written from the leaf up.
  StatusOr<std::vector<Digest>> Read(const Hasher& hasher, NodeReader& reader) const {
    if (nodes_.empty()) return std::vector<Digest>{};
    SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> digests, reader.Read(nodes_));
    if (digests.size() != nodes_.size()) {
      return Internal("the reader of nodes gave " + std::to_string(digests.size()) +
                      " digests, it was asked for " + std::to_string(nodes_.size()));
    }
    std::vector<Digest> roots;
    roots.reserve(counts_.size());
    std::span<const Digest> rest = digests;
    for (const std::size_t count : counts_) {
      roots.push_back(RootOf(hasher, rest.first(count)));
      rest = rest.subspan(count);
    }
    std::reverse(roots.begin(), roots.end());
    return roots;
  }

 private:
  static Digest RootOf(const Hasher& hasher, std::span<const Digest> cover) {
    Digest root = cover.back();
    for (std::size_t i = cover.size() - 1; i-- > 0;) root = NodeHash(hasher, cover[i], root);
    return root;
  }

  std::vector<NodeId> nodes_;
  std::vector<std::size_t> counts_;  // how many of nodes_ each range has
};

}  // namespace

StatusOr<Digest> RootAt(const Hasher& hasher, NodeReader& reader, std::uint64_t size) {
  SVIDENCE_RETURN_IF_ERROR(CheckSize(size));
  if (size == 0) return EmptyRoot(hasher);
  Reading reading;
  reading.Add({.begin = 0, .end = size});
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> roots, reading.Read(hasher, reader));
  return roots.front();
}

StatusOr<std::vector<Digest>> ProveInclusion(const Hasher& hasher, NodeReader& reader,
                                             std::uint64_t index, std::uint64_t size) {
  SVIDENCE_RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) {
    return InvalidArgument("a tree of " + std::to_string(size) + " leaves has no leaf " +
                           std::to_string(index));
  }
  Reading reading;
  LeafRange range{.begin = 0, .end = size};
  while (range.end - range.begin > 1) {
    const std::uint64_t split = range.begin + SplitOf(range.end - range.begin);
    if (index < split) {
      reading.Add({.begin = split, .end = range.end});
      range.end = split;
    } else {
      reading.Add({.begin = range.begin, .end = split});
      range.begin = split;
    }
  }
  return reading.Read(hasher, reader);
}

StatusOr<std::vector<Digest>> ProveConsistency(const Hasher& hasher, NodeReader& reader,
                                               std::uint64_t old_size, std::uint64_t new_size) {
  SVIDENCE_RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size > new_size) {
    return InvalidArgument("the old tree must not have more leaves than the new one, got " +
                           std::to_string(old_size) + " and " + std::to_string(new_size));
  }
  if (old_size == 0) return std::vector<Digest>{};
  Reading reading;
  LeafRange range{.begin = 0, .end = new_size};
  while (old_size != range.end) {
    const std::uint64_t split = range.begin + SplitOf(range.end - range.begin);
    if (old_size <= split) {
      reading.Add({.begin = split, .end = range.end});
      range.end = split;
    } else {
      reading.Add({.begin = range.begin, .end = split});
      range.begin = split;
    }
  }
  // Where the whole old tree is one subtree, the verifier has it: the old root.
  if (range.begin != 0) reading.Add(range);
  return reading.Read(hasher, reader);
}

}  // namespace svidence::ledger
