// Proofs of inclusion that verify offline, as text.
//
//   "c2sp.org/tlog-proof@v1" LF
//   [ "extra " base64 LF ]
//   "index " decimal LF
//   { base64 of a hash LF }           the leaf's sibling first, the root's child last
//   LF
//   checkpoint, a signed note, verbatim
//
// Source: c2sp.org/tlog-proof, untagged, as of July 2026.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/evaluate.h"
#include "plugin/core/ledger/note/policy.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

// It has to find room in a certificate.
constexpr std::size_t kMaxTlogProofBytes = 8192;
// More than a tree of 2^63 leaves needs.
constexpr std::size_t kMaxTlogProofHashes = 64;

struct TlogProof {
  std::string extra;  // bytes that nothing vouches for; empty: no such line
  std::uint64_t index = 0;
  std::vector<Digest> hashes;
  std::string checkpoint;  // the note, verbatim

  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

// `checkpoint` is a note as SignCheckpoint writes it, with or without further
// signatures; it is copied and not looked at, because each identity of a batch
// carries the same one.
// Errors: InvalidArgument if `index` or the hashes are over their bounds;
//         ResourceExhausted if the text would be over kMaxTlogProofBytes.
StatusOr<std::string> FormatTlogProof(std::uint64_t index, std::span<const Digest> hashes,
                                      std::string_view checkpoint, std::string_view extra = {});

// Proves nothing: VerifyTlogProof does.
// Errors: InvalidArgument on any other form, also of the checkpoint and its
//         signature lines, and over the bounds.
StatusOr<TlogProof> ParseTlogProof(std::string_view text);

// Is `leaf` the hash at `index` of the tree of `size` leaves with `root`? OK is yes.
using InclusionCheck =
    std::function<Status(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                         std::span<const Digest> hashes, const Digest& root)>;

// The policy's view of the proof's checkpoint, in whose tree `leaf` is. `leaf` is
// the leaf hash of the entry, which the caller made from the entry's bytes. Asks
// `included` only about a checkpoint that satisfies the policy.
// Errors: InvalidArgument if the checkpoint is none; PermissionDenied, with the
//         reason, if it does not satisfy `policy`, or if the index is outside its
//         tree; those of `included`.
StatusOr<Evaluation> VerifyTlogProof(const TlogProof& proof, const Digest& leaf,
                                     const Policy& policy, const VerifyContext& context,
                                     const InclusionCheck& included);

}  // namespace svidence::ledger
