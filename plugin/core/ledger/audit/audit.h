// Verification of a whole ledger at speed: slices in parallel, joined in order.
//
// Finds what VerifyLedger (../verify.h) finds, at the same entry and of the same
// kind, whatever the number of threads; and what published tiles and checkpoints
// contradict. How: docs/formats/ledger.md, "Verifying at speed".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/ports.h"

namespace svidence::ledger {

// Length of a slice: of a tile of level 1.
constexpr EntryIndex kSliceEntries = EntryIndex{1} << 16U;
constexpr unsigned kMaxAuditJobs = 256;
constexpr std::size_t kMaxExpectedTrees = 64;

// A tree that the ledger must have had: that of a checkpoint.
struct ExpectedTree {
  EntryIndex size = 0;
  Digest root{};
  std::string name{};  // of the checkpoint, for people
};

struct AuditProgress {
  EntryIndex done = 0;
  EntryIndex total = 0;  // `done`, while it is not known
  std::uint64_t bytes = 0;
};

struct AuditOptions {
  unsigned jobs = 1;  // threads; 1 works on the caller's
  std::optional<HighWaterMark> mark{};
  std::vector<ExpectedTree> expected{};
  // After each slice; an error ends the work and is its result. May be empty.
  std::function<Status(const AuditProgress&)> progress{};
  // A power of two; 256 or more where there are tiles.
  EntryIndex slice_entries = kSliceEntries;
  // Must outlive the call. Null: a ledger whose key was changed is not good.
  const Ed25519Verifier* verifier = nullptr;
};

struct AuditReport {
  Head head;                            // the good entries: all of them, or those before the defect
  std::uint64_t bytes = 0;              // of those
  Digest root{};                        // of the tree over them
  std::optional<LogIdentity> identity;  // as entry 0 says, once that is good
  std::optional<Defect> defect;         // the first one; nullopt: the ledger is good

  bool ok() const { return !defect; }
};

// What is wrong with the entries comes before what is wrong with the tiles above
// them, and that before what checkpoints contradict.
//
// Memory: the index of subjects (SubjectIndex), and for each job two slices' worth
// of subjects and a block of entries.
// Errors: InvalidArgument on options outside their bounds; those of `source` and of
//         the progress. Damage is no error but a defect.
StatusOr<AuditReport> Audit(EntrySource& source, const Hasher& hasher, const AuditOptions& options);

}  // namespace svidence::ledger
