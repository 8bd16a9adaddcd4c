// Is this all there is on a subject? For those who trust an index root alone.
//
// Shares no code with what makes the proofs (subject_tree.h).
#pragma once

#include <optional>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/index/subject_tree.h"

namespace svidence::ledger {

// What `proof` shows about `key`: its record, or that it has none (nullopt), in the
// index that has `root`. That the index is sorted and counts right is not shown: the
// log says so in its `index.built` entry, and whoever reads the ledger checks it.
//
// Errors: DataLoss, with the reason, if the proof shows neither.
StatusOr<std::optional<SubjectRecord>> VerifySubject(const Hasher& hasher, const IndexRoot& root,
                                                     const IndexKey& key,
                                                     const SubjectProof& proof);

}  // namespace svidence::ledger
