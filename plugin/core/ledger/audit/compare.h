// Does one checkpoint of a log continue another?
#pragma once

#include <optional>
#include <string>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/fraud_proof.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

// A checkpoint that somebody has signed, with the note that says so.
struct SeenCheckpoint {
  Checkpoint checkpoint;
  std::string note;
};

enum class Continuity {
  kContinues,    // the larger tree begins with all of the smaller one
  kContradicts,  // it does not, and `fraud` proves that
  kUnproved,     // the nodes do not lead to the larger checkpoint's root: no answer
};

struct Comparison {
  Continuity continuity = Continuity::kContinues;
  std::string sentence{};  // unless it continues
  std::optional<FraudProof> fraud{};
};

// The two in any order; both must have been opened with keys that are trusted.
// `nodes` are those of the larger tree and not believed; they are not read if the
// sizes are equal or the smaller tree is empty.
// Errors: InvalidArgument if the origins differ; those of `nodes`, but a node that
//         is not there (NotFound) or damaged (DataLoss) gives kUnproved.
StatusOr<Comparison> CompareCheckpoints(const SeenCheckpoint& a, const SeenCheckpoint& b,
                                        NodeReader& nodes, const Hasher& hasher);

}  // namespace svidence::ledger
