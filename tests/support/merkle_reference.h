// The tree's definitions, written down as they stand in RFC 9162: recursive, slow,
// over all leaves. What the tests hold the real code to.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/encoding.h"

namespace svidence::testing {

// Different leaf hashes, the same in each run.
inline std::vector<Digest> SampleLeaves(const Hasher& hasher, std::size_t count) {
  std::vector<Digest> leaves(count);
  for (std::size_t i = 0; i < count; ++i) {
    leaves[i] = hasher.Sha256({std::string_view("\0", 1), "leaf ", std::to_string(i)});
  }
  return leaves;
}

class MerkleReference {
 public:
  using Leaves = std::span<const Digest>;

  explicit MerkleReference(const Hasher& hasher) : hasher_(hasher) {}

  // MTH(D). Section 2.1.1.
  // NOLINTNEXTLINE(misc-no-recursion): that is the point.
  Digest Root(Leaves leaves) const {
    if (leaves.empty()) return hasher_.Sha256({});
    if (leaves.size() == 1) return leaves[0];
    const std::size_t k = Split(leaves);
    return Node(Root(leaves.first(k)), Root(leaves.subspan(k)));
  }

  // PATH(m, D). Section 2.1.3.1.
  // NOLINTNEXTLINE(misc-no-recursion): that is the point.
  std::vector<Digest> Path(std::size_t m, Leaves leaves) const {
    if (leaves.size() <= 1) return {};
    const std::size_t k = Split(leaves);
    const bool left = m < k;
    std::vector<Digest> path = left ? Path(m, leaves.first(k)) : Path(m - k, leaves.subspan(k));
    path.push_back(Root(left ? leaves.subspan(k) : leaves.first(k)));
    return path;
  }

  // PROOF(m, D), for m from 1. Section 2.1.4.1.
  std::vector<Digest> Proof(std::size_t m, Leaves leaves) const {
    return Subproof(m, leaves, /*whole=*/true);
  }

 private:
  static std::size_t Split(Leaves leaves) { return std::bit_floor(leaves.size() - 1); }

  Digest Node(const Digest& left, const Digest& right) const {
    return hasher_.Sha256({"\x01", TextOf(left), TextOf(right)});
  }

  // SUBPROOF(m, D, b).
  // NOLINTNEXTLINE(misc-no-recursion): that is the point.
  std::vector<Digest> Subproof(std::size_t m, Leaves leaves, bool whole) const {
    if (m == leaves.size()) {
      return whole ? std::vector<Digest>{} : std::vector<Digest>{Root(leaves)};
    }
    const std::size_t k = Split(leaves);
    const bool left = m <= k;
    std::vector<Digest> proof = left ? Subproof(m, leaves.first(k), whole)
                                     : Subproof(m - k, leaves.subspan(k), /*whole=*/false);
    proof.push_back(Root(left ? leaves.subspan(k) : leaves.first(k)));
    return proof;
  }

  const Hasher& hasher_;
};

}  // namespace svidence::testing
