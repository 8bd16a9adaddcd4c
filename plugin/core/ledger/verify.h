// Full verification: every entry, the stored end, and the high-water mark.
#pragma once

#include <optional>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/replay.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct VerifyOptions {
  std::optional<HighWaterMark> mark{};
  OnProgress progress{};  // may be empty
  // Must outlive the call. Null: a ledger whose key was changed is not good.
  const Ed25519Verifier* verifier = nullptr;
};

struct VerifyReport {
  // The good entries: all of them, or those before the defect.
  Head head;
  std::optional<LogIdentity> identity;  // as entry 0 says, once that is good
  std::optional<Defect> defect;         // the first one; nullopt: the ledger is good
  std::optional<KeySchedule> keys{};    // of the good entries, once entry 0 is good

  bool ok() const { return !defect; }
};

// Does the ledger whose end was `stored` when the work began end as it was found,
// and is nothing behind? nullopt: yes, or it has grown meanwhile.
// Errors: what keeps the store from reading.
StatusOr<std::optional<Defect>> CheckStoredEnd(LedgerStore& store, const StatusOr<Head>& stored,
                                               const Head& found);

// Reads the store from its first entry; beside a writer, up to where the ledger
// ended when it began, or a little further. An empty ledger is a finding: each
// ledger has at least its `log.opened`.
//
// What a good report shows and what it does not: docs/formats/ledger.md.
// Errors: those of `progress`; what keeps the store from reading. Damage is no
//         error but a defect.
StatusOr<VerifyReport> VerifyLedger(LedgerStore& store, const Hasher& hasher,
                                    const VerifyOptions& options);

}  // namespace svidence::ledger
