// All entries of a store, in order, through the chain's checks.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct Progress {
  EntryIndex done = 0;
  EntryIndex total = 0;
};
// Called after each slice; an error ends the work and is its result.
using OnProgress = std::function<Status(const Progress&)>;

// Is `view` what its index demands: entry 0 a good `log.opened`, which then is in
// `identity`, and every other one something else? nullopt: yes.
std::optional<Defect> CheckOpening(const Hasher& hasher, const EntryView& view,
                                   std::optional<LogIdentity>& identity);

// Checks entries from 0 on, that entry 0 alone is a `log.opened`, and that each
// `key.changed` is signed by both its keys. The caller may look at each; what the
// checks found so far stays when a defect ends it.
class Replay {
 public:
  // Called for each good entry, in order. An error ends the replay.
  using Visit = std::function<Status(const EntryView& entry, const Digest& leaf)>;

  // The ports and `subjects`, which must be empty, must outlive this object. Without
  // a verifier a `key.changed` cannot be checked, and is a defect.
  Replay(LedgerStore& store, const Hasher& hasher, SubjectIndex& subjects,
         const Ed25519Verifier* verifier = nullptr)
      : store_(store), hasher_(hasher), verifier_(verifier), checker_(hasher, subjects) {}

  // What is known of the entries up to `end`.
  struct Known {
    ChainEnd end;
    LogIdentity identity;
    KeySchedule keys;
  };
  // Goes on from `known`; `subjects` are those of the entries up to there.
  Replay(LedgerStore& store, const Hasher& hasher, SubjectIndex& subjects, Known known,
         const Ed25519Verifier* verifier)
      : store_(store),
        hasher_(hasher),
        verifier_(verifier),
        checker_(hasher, &subjects, known.end),
        identity_(std::move(known.identity)),
        keys_(std::move(known.keys)) {}

  // Goes on up to `end` entries (nullopt: as far as there are any). nullopt: all
  // good. May be called again with a later end.
  // Errors: those of Visit and of OnProgress; what keeps the store from reading,
  //         but not DataLoss: that is a defect.
  StatusOr<std::optional<Defect>> Run(std::optional<EntryIndex> end, const Visit& visit,
                                      const OnProgress& progress);

  const Head& head() const { return checker_.head(); }
  std::int64_t last_at_millis() const { return checker_.last_at_millis(); }
  // nullopt before entry 0 was seen.
  const std::optional<LogIdentity>& identity() const { return identity_; }
  // The keys so far; nullopt before entry 0 was seen.
  const std::optional<KeySchedule>& keys() const { return keys_; }

 private:
  // A slice from the current end on. DataLoss only if the first one is at fault.
  StatusOr<std::vector<StoredEntry>> ReadSlice(std::optional<EntryIndex> end);
  // The defect of an entry that is about the log itself.
  std::optional<Defect> CheckLog();
  std::optional<Defect> CheckKeyChange();

  LedgerStore& store_;
  const Hasher& hasher_;
  const Ed25519Verifier* const verifier_;
  ChainChecker checker_;
  std::optional<LogIdentity> identity_;
  std::optional<KeySchedule> keys_;
};

}  // namespace svidence::ledger
