// Two signed checkpoints of one log that cannot both be true, as a file that
// anybody verifies offline. The form: docs/formats/fraud-proof.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

// The cover of the smaller tree and of what the larger one adds.
constexpr std::size_t kMaxFraudNodes = 189;
constexpr std::size_t kMaxFraudProofBytes = std::size_t{3} << 20U;

struct FraudProof {
  // For different sizes: the complete subtrees of the smaller tree's leaves, then
  // those of the leaves that the larger one adds, as CoverOf names them. They lead
  // to the larger one's root, which fixes them, and not to the smaller one's.
  std::vector<Digest> nodes;
  std::string smaller;  // the notes, verbatim; for equal sizes in any order
  std::string larger;

  friend bool operator==(const FraudProof&, const FraudProof&) = default;
};

// Errors: InvalidArgument over the bounds.
StatusOr<std::string> FormatFraudProof(const FraudProof& proof);
// Proves nothing: CheckFraudProof does.
// Errors: InvalidArgument on any other form.
StatusOr<FraudProof> ParseFraudProof(std::string_view text);

// Does it prove that whoever holds one of the keys `logs` has signed two histories?
// The sentence says which; an error is no.
// Errors: InvalidArgument if a note is no checkpoint; PermissionDenied if it is not
//         signed by any of `logs`; FailedPrecondition if the two are of two logs, do
//         not contradict, or the nodes do not show that they do.
StatusOr<std::string> CheckFraudProof(const FraudProof& proof, std::span<const TrustedKey> logs,
                                      const Ed25519Verifier& verifier, const Hasher& hasher);

// FraudProof::nodes of the trees of
// `old_size` and `new_size` leaves, 0 < old_size < new_size.
// Errors: those of `reader`.
StatusOr<std::vector<Digest>> ReadFraudNodes(NodeReader& reader, std::uint64_t old_size,
                                             std::uint64_t new_size);

// The roots of both trees that `nodes` lead to.
struct TwoRoots {
  Digest smaller{};
  Digest larger{};
};
// Errors: InvalidArgument if they are not as many as these sizes need.
StatusOr<TwoRoots> RootsOf(const Hasher& hasher, std::span<const Digest> nodes,
                           std::uint64_t old_size, std::uint64_t new_size);

}  // namespace svidence::ledger
