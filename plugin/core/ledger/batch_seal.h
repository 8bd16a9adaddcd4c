// What makes a batch provable: one signed checkpoint, and from it a proof for each
// of its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "attestors/base/status.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/tree/batch_prover.h"

namespace svidence::ledger {

// Made only of a batch that is durable: a checkpoint that leaves the process
// before its entries are would be a fork after a power cut. An immutable value.
class BatchSeal {
 public:
  // Signs the tree that ends with the batch. If that fails, so does every proof:
  // the entries stay what they are.
  BatchSeal(BatchProver prover, const CheckpointSigner& log);

  // The signed note. Errors: those of the signer.
  const StatusOr<std::string>& checkpoint() const { return checkpoint_; }

  // The proof of the batch's entry `offset`, a c2sp.org/tlog-proof@v1 text.
  // Errors: Unavailable if the checkpoint could not be signed; those of
  //         FormatTlogProof.
  StatusOr<std::string> ProofOf(std::size_t offset) const;

 private:
  BatchProver prover_;
  StatusOr<std::string> checkpoint_;
};

// The checkpoint of a tree, signed by its log. The same tree gives the same bytes,
// so nothing has to be kept over a restart.
// Errors: those of the signer.
inline StatusOr<std::string> SignTree(const CheckpointSigner& log, std::uint64_t size,
                                      const Digest& root) {
  return log.SignTree(size, root);
}

}  // namespace svidence::ledger
