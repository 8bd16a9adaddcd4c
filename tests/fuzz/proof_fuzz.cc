// Proofs come from logs, credentials and monitors: from anybody. The verifier and
// the definition, read backwards, must take and refuse the same proofs:
//   if a proof has the length that index and sizes ask for, the roots that it leads
//   to by the definition are accepted, and no others; if not, nothing is.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof_check.h"
#include "plugin/core/ledger/tree/subtree.h"
#include "tests/support/fake_hasher.h"

namespace {

using svidence::Digest;
using svidence::ledger::NodeHash;
using Proof = std::span<const Digest>;

const svidence::testing::FakeHasher kHasher;

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

Digest Flip(Digest digest, std::uint8_t bit) {
  digest[bit / 8U] = static_cast<std::uint8_t>(digest[bit / 8U] ^ (1U << (bit % 8U)));
  return digest;
}

// PATH(m, D[n]) of RFC 9162 backwards: the root that `proof` leads to.
std::optional<Digest> RootFrom(const Digest& leaf, std::uint64_t m, std::uint64_t n, Proof proof) {
  if (n == 1) return proof.empty() ? std::optional(leaf) : std::nullopt;
  if (proof.empty()) return std::nullopt;
  const std::uint64_t k = std::bit_floor(n - 1);
  const bool left = m < k;
  const auto below =
      RootFrom(leaf, left ? m : m - k, left ? k : n - k, proof.first(proof.size() - 1));
  if (!below) return std::nullopt;
  return left ? NodeHash(kHasher, *below, proof.back()) : NodeHash(kHasher, proof.back(), *below);
}

struct Roots {
  Digest old_root{};
  Digest new_root{};
};

// SUBPROOF(m, D[n], whole) backwards.
std::optional<Roots> RootsFrom(const Digest& old_root, std::uint64_t m, std::uint64_t n, bool whole,
                               Proof proof) {
  if (m == n) {
    if (proof.size() != (whole ? 0 : 1)) return std::nullopt;
    const Digest& root = whole ? old_root : proof.front();
    return Roots{root, root};
  }
  if (proof.empty()) return std::nullopt;
  const std::uint64_t k = std::bit_floor(n - 1);
  const bool left = m <= k;
  auto below = RootsFrom(old_root, left ? m : m - k, left ? k : n - k, left && whole,
                         proof.first(proof.size() - 1));
  if (!below) return std::nullopt;
  if (left) {
    below->new_root = NodeHash(kHasher, below->new_root, proof.back());
  } else {
    below->old_root = NodeHash(kHasher, proof.back(), below->old_root);
    below->new_root = NodeHash(kHasher, proof.back(), below->new_root);
  }
  return below;
}

struct Input {
  std::uint64_t small = 0;  // index, or old size
  std::uint64_t size = 0;
  std::uint8_t bit = 0;  // the one to flip
  Digest digest{};       // the leaf, or the old root
  std::vector<Digest> proof;
};

void CheckInclusion(const Input& in) {
  const auto verify = [&in](const Digest& leaf, const Digest& root) {
    return svidence::ledger::VerifyInclusion(kHasher, leaf, in.small, in.size, in.proof, root).ok();
  };
  const bool possible = in.small < in.size && in.size <= svidence::ledger::kMaxTreeSize;
  const auto root =
      possible ? RootFrom(in.digest, in.small, in.size, in.proof) : std::optional<Digest>();
  if (!root) return Demand(!verify(in.digest, in.digest));
  Demand(verify(in.digest, *root));
  Demand(!verify(in.digest, Flip(*root, in.bit)));
  Demand(!verify(Flip(in.digest, in.bit), *root));
}

void CheckConsistency(const Input& in) {
  const auto verify = [&in](const Digest& old_root, const Digest& new_root) {
    return svidence::ledger::VerifyConsistency(kHasher, in.small, in.size, in.proof, old_root,
                                               new_root)
        .ok();
  };
  const bool possible =
      in.small > 0 && in.small <= in.size && in.size <= svidence::ledger::kMaxTreeSize;
  const auto roots = possible ? RootsFrom(in.digest, in.small, in.size, /*whole=*/true, in.proof)
                              : std::optional<Roots>();
  if (!roots) {
    // Two empty trees are the same tree: the one case beside the definition.
    const bool empty = in.small == 0 && in.size == 0 && in.proof.empty() &&
                       in.digest == svidence::ledger::EmptyRoot(kHasher);
    return Demand(verify(in.digest, in.digest) == empty);
  }
  Demand(verify(roots->old_root, roots->new_root));
  Demand(!verify(Flip(roots->old_root, in.bit), roots->new_root));
  Demand(!verify(roots->old_root, Flip(roots->new_root, in.bit)));
}

}  // namespace

// Two shifts, a bit, two numbers, then digests.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kHead = 2 + 1 + 2 * sizeof(std::uint64_t);
  constexpr std::size_t kMaxNodes = 80;  // more than any proof may have
  if (size < kHead + sizeof(Digest)) return 0;
  Input in;
  std::memcpy(&in.small, data + 3, sizeof(in.small));
  std::memcpy(&in.size, data + 3 + sizeof(in.small), sizeof(in.size));
  in.small >>= data[0] & 63U;
  in.size >>= data[1] & 63U;
  in.bit = data[2];
  std::memcpy(in.digest.data(), data + kHead, sizeof(Digest));
  for (std::size_t at = kHead + sizeof(Digest);
       size - at >= sizeof(Digest) && in.proof.size() < kMaxNodes; at += sizeof(Digest)) {
    std::memcpy(in.proof.emplace_back().data(), data + at, sizeof(Digest));
  }
  CheckInclusion(in);
  CheckConsistency(in);
  return 0;
}
