// Do proofs hold? For those who trust a root and nothing else.
//
// Shares no code with what makes the proofs (proof.h, batch_prover.h): these are
// the loops of RFC 9162, so that an error in one is seen by the other.
#pragma once

#include <cstdint>
#include <span>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"

namespace svidence::ledger {

// Is `leaf`, a leaf hash, leaf `index` of the tree that has `size` leaves and the
// root `root`? Index and size are as good as their source: a proof shows them
// only together with a root that was signed for that size.
//
// Errors: InvalidArgument if no proof of that length can be for that index and
//         size, or the tree is above kMaxTreeSize; DataLoss if the proof leads to
//         another root. The message says which.
// Source: RFC 9162, section 2.1.3.2.
Status VerifyInclusion(const Hasher& hasher, const Digest& leaf, std::uint64_t index,
                       std::uint64_t size, std::span<const Digest> proof, const Digest& root);

// Does the tree of `new_size` leaves and `new_root` begin with all leaves of that
// of `old_size` and `old_root`? For equal sizes the proof must be empty and the
// roots equal, and that of size 0 be EmptyRoot.
//
// Errors: InvalidArgument if no proof of that length can be for these sizes, if
//         only the old tree is empty (it is the beginning of every tree: there is
//         nothing to verify, and no proof would be looked at), or the new one is
//         above kMaxTreeSize; DataLoss if the proof leads to another root, which
//         means that the log is not append-only or somebody changed the proof.
// Source: RFC 9162, section 2.1.4.2.
Status VerifyConsistency(const Hasher& hasher, std::uint64_t old_size, std::uint64_t new_size,
                         std::span<const Digest> proof, const Digest& old_root,
                         const Digest& new_root);

}  // namespace svidence::ledger
