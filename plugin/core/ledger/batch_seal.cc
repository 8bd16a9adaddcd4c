#include "plugin/core/ledger/batch_seal.h"

#include <utility>
#include <vector>

#include "plugin/core/ledger/note/tlog_proof.h"

namespace svidence::ledger {

BatchSeal::BatchSeal(BatchProver prover, const CheckpointSigner& log)
    : prover_(std::move(prover)), checkpoint_(log.SignTree(prover_.size(), prover_.root())) {}

StatusOr<std::string> BatchSeal::ProofOf(std::size_t offset) const {
  if (!checkpoint_.ok()) {
    return Unavailable(
        "entry " + std::to_string(prover_.first() + offset) +
        " is in the ledger, but no checkpoint of it was signed: " + Message(checkpoint_.status()));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> hashes, prover_.Prove(offset));
  return FormatTlogProof(prover_.first() + offset, hashes, *checkpoint_);
}

}  // namespace svidence::ledger
