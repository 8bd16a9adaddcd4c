// Roots and proofs of any tree up to the stored one, from its complete subtrees.
//
// Each function reads once: all that it needs, in one call. Proofs are only as
// good as the digests read; proof_check.h tells whether they hold.
#pragma once

#include <cstdint>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

// The most digests that a proof can have: an inclusion proof has one fewer.
constexpr std::size_t kMaxProofNodes = 64;

// The root of the first `size` leaves.
// Errors: InvalidArgument above kMaxTreeSize; those of `reader`; Internal if it
//         does not give what it was asked for.
StatusOr<Digest> RootAt(const Hasher& hasher, NodeReader& reader, std::uint64_t size);

// That leaf `index` is in the tree of the first `size` leaves: the leaf's sibling
// first. Empty for a tree of one leaf.
// Errors: as RootAt; InvalidArgument unless `index` is below `size`.
// Source: RFC 9162, section 2.1.3.1.
StatusOr<std::vector<Digest>> ProveInclusion(const Hasher& hasher, NodeReader& reader,
                                             std::uint64_t index, std::uint64_t size);

// That the tree of the first `old_size` leaves is a prefix of that of the first
// `new_size`. Empty where there is nothing to show: for equal sizes, and for an
// empty old tree, as c2sp.org/tlog-witness wants it.
// Errors: as RootAt; InvalidArgument unless `old_size` is at most `new_size`.
// Source: RFC 9162, section 2.1.4.1.
StatusOr<std::vector<Digest>> ProveConsistency(const Hasher& hasher, NodeReader& reader,
                                               std::uint64_t old_size, std::uint64_t new_size);

}  // namespace svidence::ledger
