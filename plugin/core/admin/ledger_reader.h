// Shows, exports and verifies a ledger, whoever has it open.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/store.h"

namespace svidence::admin {

// Thread-safe as far as the store's reads are.
class LedgerReader final : public LedgerView {
 public:
  // The ports must outlive this object. `marks` is where the high-water mark is
  // that the ledger is compared with; null: it is not. `directory` is only shown.
  // Without a verifier a ledger whose key was changed does not verify.
  LedgerReader(ledger::LedgerStore& store, const Hasher& hasher, ledger::MarkStore* marks,
               std::string directory, const ledger::Ed25519Verifier* verifier = nullptr)
      : store_(store),
        hasher_(hasher),
        marks_(marks),
        directory_(std::move(directory)),
        verifier_(verifier) {}

  StatusOr<LedgerInfo> Info() override;  // but `keys` and `checkpoint`
  // All keys of the log. Looks at every entry.
  // Errors: DataLoss at an entry that is none, or no good `key.changed`.
  StatusOr<ledger::KeySchedule> Keys();
  StatusOr<EntryPage> List(const EntryQuery& query) override;
  StatusOr<std::string> Get(ledger::EntryIndex index) override;
  Status Export(ledger::EntryIndex first, const EntrySink& sink) override;
  StatusOr<VerifyReport> Verify(const VerifyProgress& progress) override;

 private:
  // The entries [first, end), however many reads that takes.
  StatusOr<std::vector<ledger::StoredEntry>> ReadRange(ledger::EntryIndex first,
                                                       ledger::EntryIndex end);

  ledger::LedgerStore& store_;
  const Hasher& hasher_;
  ledger::MarkStore* const marks_;
  const std::string directory_;
  const ledger::Ed25519Verifier* const verifier_;
};

}  // namespace svidence::admin
