// Gets revocations into the ledger, now or later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/clock.h"
#include "attestors/base/status.h"
#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/ports.h"
#include "plugin/core/revocation/settings.h"
#include "plugin/core/revocation/wake.h"

namespace svidence::revocation {

struct Outcome {
  bool already = false;   // was revoked before; nothing new was recorded
  bool recorded = false;  // the ledger has it
  std::optional<ledger::EntryIndex> index;
  std::string ledger_trouble;  // why not recorded yet
  std::string spool_trouble;   // why a restart would forget it
};

// Thread-safe; RunDue by one thread at a time.
class Recorder {
 public:
  // The ports must outlive this object.
  struct Ports {
    Ledger& ledger;
    registry::Registry& registry;
    Spool& spool;
    const Clock& clock;
    std::shared_ptr<Wake> wake;  // told when a late answer is there
  };

  Recorder(Ports ports, Settings settings);

  // Takes over what the spool holds and the registry has not recorded: denies it
  // and plans its entry.
  // Errors: those of Spool::Load; DataLoss on a record that is none.
  Status Load();

  // Denies at once, appends, waits for the ledger; keeps and spools the record
  // if that fails. One call for the same ID at a time.
  // Errors: InvalidArgument if the record makes no entry: nothing is denied.
  StatusOr<Outcome> Record(const SpoolRecord& record);

  // Appends what is due. Returns the MonotonicMillis of the next try.
  std::int64_t RunDue();

  std::size_t pending() const;
  std::string trouble() const;

 private:
  struct State;

  StatusOr<ledger::EntryDraft> Draft(const SpoolRecord& record) const;
  void Submit(const SpoolRecord& record);
  Status SaveSpool();
  bool SettleAnswered();

  Ports ports_;
  const Settings settings_;
  // Shared with the ledger's callbacks, which may come after this object.
  std::shared_ptr<State> state_;
  std::mutex spool_mutex_;  // held while the spool is written
};

// Whether an entry goes ahead of those that wait, as revocations do.
enum class Urgency { kInTurn, kAhead };

// Appends an entry that gates look at and waits for the answer, at most a little
// longer than `wait_millis`.
// Errors: those of `make` and the ledger; DeadlineExceeded.
StatusOr<ledger::EntryIndex> AppendAndWait(Ledger& ledger, const Clock& clock,
                                           std::function<StatusOr<ledger::EntryDraft>()> make,
                                           std::int64_t wait_millis, Urgency urgency);

}  // namespace svidence::revocation
