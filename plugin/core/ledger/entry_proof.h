// Is this entry in the log, by what somebody can show offline?
#pragma once

#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/note/policy.h"
#include "plugin/core/ledger/note/tlog_proof.h"

namespace svidence::ledger {

// An entry with what was shown of it.
struct ProvedEntry {
  Entry entry;
  Evaluation evaluation;  // the checkpoint that the proof leads to, and who signed it
};

// The entry whose exact bytes are `entry`, if `proof`, a c2sp.org/tlog-proof@v1
// text, shows it in a tree that satisfies `policy`, and at the very index that the
// entry gives itself.
//
// Errors: InvalidArgument if one of the texts is none; PermissionDenied if the
//         checkpoint does not satisfy the policy; DataLoss if the proof does not
//         lead to its root, or the entry names another index.
StatusOr<ProvedEntry> VerifyEntryProof(std::string_view entry, std::string_view proof,
                                       const Policy& policy, const VerifyContext& context,
                                       const Hasher& hasher);

}  // namespace svidence::ledger
