#include "plugin/core/ledger/entry_proof.h"

#include <string>
#include <utility>

#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof_check.h"

namespace svidence::ledger {

StatusOr<ProvedEntry> VerifyEntryProof(std::string_view entry, std::string_view proof,
                                       const Policy& policy, const VerifyContext& context,
                                       const Hasher& hasher) {
  ProvedEntry proved;
  SVIDENCE_ASSIGN_OR_RETURN(proved.entry, ParseEntry(entry));
  SVIDENCE_ASSIGN_OR_RETURN(const TlogProof parsed, ParseTlogProof(proof));
  const auto included = [&hasher](const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                  std::span<const Digest> hashes, const Digest& root) {
    return VerifyInclusion(hasher, leaf, index, size, hashes, root);
  };
  SVIDENCE_ASSIGN_OR_RETURN(proved.evaluation, VerifyTlogProof(parsed, LeafHash(hasher, entry),
                                                               policy, context, included));
  if (proved.entry.place.index != parsed.index) {
    return DataLoss("the entry calls itself " + std::to_string(proved.entry.place.index) +
                    ", the proof is for index " + std::to_string(parsed.index));
  }
  return proved;
}

}  // namespace svidence::ledger
