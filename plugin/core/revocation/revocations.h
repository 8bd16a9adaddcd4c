// Revokes and restores SPIFFE IDs, in the order that keeps the promise.
//
// Ledger entry (urgent, ahead of issuances) -> deny set -> SPIRE's entries with
// exactly that SPIFFE ID deleted, asynchronously, until SPIRE has answered. If
// the ledger cannot be written the denial stands at once in memory and in the
// spool, the answer says so, and the entry is appended later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/clock.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/deletions.h"
#include "plugin/core/revocation/ports.h"
#include "plugin/core/revocation/recorder.h"
#include "plugin/core/revocation/settings.h"

namespace svidence::revocation {

struct Order {
  SpiffeId id;
  std::string reason;  // one of registry::ReasonCodes()
  std::string by;      // as an entry's `by`
};

struct Stats {
  std::size_t unrecorded = 0;         // in force, not in the ledger
  std::size_t pending_deletions = 0;  // IDs whose SPIRE entries may still exist
  std::string ledger_trouble;         // of the last try, if any is unrecorded
  std::string spire_trouble;          // of the last try, if any is pending
};

// Thread-safe. Calls that change the same ID one after the other.
class Revocations {
 public:
  // The ports must outlive this object.
  struct Ports {
    Ledger& ledger;
    registry::Registry& registry;
    EntryDirectory& entries;
    Spool& spool;
    const Clock& clock;
  };

  // Puts what the spool holds into the registry's deny set and plans what an
  // earlier run left undone: call it after the ledger's replay and before the
  // first composition.
  // Errors: those of Spool::Load.
  static StatusOr<std::unique_ptr<Revocations>> Open(Ports ports, Settings settings);
  ~Revocations();
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  // Errors: InvalidArgument unless the ID is of this trust domain and below the
  //         agent prefix, and the reason is a code there is; FailedPrecondition if
  //         another call is changing this ID. A ledger that cannot be written
  //         is no error: see Outcome.
  StatusOr<Outcome> Revoke(const Order& order);
  // Errors: as Revoke; FailedPrecondition if the ID is not revoked; those of the
  //         ledger: what cannot be recorded is not restored.
  StatusOr<ledger::EntryIndex> Restore(const Order& order);
  // Errors: InvalidArgument as above; those of EntryDirectory::List.
  StatusOr<std::vector<SpireEntry>> Preview(const SpiffeId& id);
  // InvalidArgument unless the ID may be revoked here.
  Status Check(const SpiffeId& id) const;

  // Waits until the first try to delete this ID's SPIRE entries is over, at most
  // `millis`.
  Deletion WaitForDeletion(const SpiffeId& id, std::int64_t millis);

  // Does what is due and gives the MonotonicMillis at which the next is; the
  // largest int64 if nothing is planned. One thread at a time.
  std::int64_t RunDue();
  // RunDue whenever something is due, until `stop`.
  void Work(const std::stop_token& stop);

  Stats GetStats() const;

 private:
  class Impl;
  explicit Revocations(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence::revocation
