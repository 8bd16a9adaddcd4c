#include "plugin/core/ledger/tree/proof_check.h"

#include <bit>
#include <cstddef>
#include <string>
#include <string_view>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/subtree.h"

namespace svidence::ledger {
namespace {

// The way from a node to the root. `node` and `last` are the RFC's fn and sn: the
// indexes, on the level where the walk stands, of that node and of the last one.
class Walk {
 public:
  Walk(std::uint64_t node, std::uint64_t last) : node_(node), last_(last) {}

  // Goes up over levels on which the node stands on the right.
  void SkipRight() {
    while ((node_ & 1U) != 0) Up();
  }
  bool at_root() const { return last_ == 0; }
  // Is the sibling of the node, or of the one above it that has one, on the left?
  bool sibling_left() const { return (node_ & 1U) != 0 || node_ == last_; }
  // Goes up to the parent, past levels on which the node has no sibling.
  void Next() {
    if (sibling_left()) {
      while ((node_ & 1U) == 0 && node_ != 0) Up();
    }
    Up();
  }

 private:
  void Up() {
    node_ >>= 1U;
    last_ >>= 1U;
  }

  std::uint64_t node_;
  std::uint64_t last_;
};

Status WrongLength(std::string_view proof, std::size_t nodes, std::string_view how) {
  return InvalidArgument("the " + std::string(proof) + " proof has " + std::to_string(nodes) +
                         " nodes, which is too " + std::string(how));
}

Status CheckSize(std::uint64_t size) {
  if (size <= kMaxTreeSize) return OkStatus();
  return InvalidArgument("a tree must have at most 2^63-1 leaves, got " + std::to_string(size));
}

Status CompareRoots(std::string_view which, const Digest& got, const Digest& want) {
  if (got == want) return OkStatus();
  return DataLoss("the proof leads to the " + std::string(which) + " " + DigestText(got) +
                  ", it should be " + DigestText(want));
}

Status CompareEqualSizes(const Hasher& hasher, std::uint64_t size, std::span<const Digest> proof,
                         const Digest& old_root, const Digest& new_root) {
  if (!proof.empty()) return WrongLength("consistency", proof.size(), "many");
  if (old_root != new_root) {
    return DataLoss("two trees of " + std::to_string(size) + " leaves have the roots " +
                    DigestText(old_root) + " and " + DigestText(new_root));
  }
  if (size == 0) return CompareRoots("root of no leaves", EmptyRoot(hasher), old_root);
  return OkStatus();
}

}  // namespace

Status VerifyInclusion(const Hasher& hasher, const Digest& leaf, std::uint64_t index,
                       std::uint64_t size, std::span<const Digest> proof, const Digest& root) {
  SVIDENCE_RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) {
    return InvalidArgument("a tree of " + std::to_string(size) + " leaves has no leaf " +
                           std::to_string(index));
  }
  Walk walk(index, size - 1);
  Digest hash = leaf;
  for (const Digest& sibling : proof) {
    if (walk.at_root()) return WrongLength("inclusion", proof.size(), "many");
    hash = walk.sibling_left() ? NodeHash(hasher, sibling, hash) : NodeHash(hasher, hash, sibling);
    walk.Next();
  }
  if (!walk.at_root()) return WrongLength("inclusion", proof.size(), "few");
  return CompareRoots("root", hash, root);
}

Status VerifyConsistency(const Hasher& hasher, std::uint64_t old_size, std::uint64_t new_size,
                         std::span<const Digest> proof, const Digest& old_root,
                         const Digest& new_root) {
  SVIDENCE_RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size == new_size) {
    return CompareEqualSizes(hasher, new_size, proof, old_root, new_root);
  }
  if (old_size == 0 || old_size > new_size) {
    return InvalidArgument(
        "a consistency proof must lead from 1 leaf or more to more leaves, not "
        "from " +
        std::to_string(old_size) + " to " + std::to_string(new_size));
  }
  std::span<const Digest> rest = proof;
  Digest first = old_root;  // for a whole subtree the proof does not repeat it
  if (!std::has_single_bit(old_size)) {
    if (rest.empty()) return WrongLength("consistency", proof.size(), "few");
    first = rest.front();
    rest = rest.subspan(1);
  }
  Walk walk(old_size - 1, new_size - 1);
  walk.SkipRight();
  Digest old_hash = first;
  Digest new_hash = first;
  for (const Digest& node : rest) {
    if (walk.at_root()) return WrongLength("consistency", proof.size(), "many");
    if (walk.sibling_left()) {
      old_hash = NodeHash(hasher, node, old_hash);
      new_hash = NodeHash(hasher, node, new_hash);
    } else {
      new_hash = NodeHash(hasher, new_hash, node);
    }
    walk.Next();
  }
  if (!walk.at_root()) return WrongLength("consistency", proof.size(), "few");
  SVIDENCE_RETURN_IF_ERROR(CompareRoots("old root", old_hash, old_root));
  return CompareRoots("new root", new_hash, new_root);
}

}  // namespace svidence::ledger
