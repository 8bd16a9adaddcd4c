// Deletes the SPIRE entries of revoked IDs, and does not give up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/revocation/ports.h"
#include "plugin/core/revocation/settings.h"

namespace svidence::revocation {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// How far the deletion of one ID's SPIRE entries is.
struct Deletion {
  bool done = false;
  std::uint64_t deleted = 0;
  std::string trouble;  // of the last try; empty before the first
};

// Thread-safe; RunDue by one thread at a time.
class Deletions {
 public:
  // The ports must outlive this object.
  Deletions(EntryDirectory& entries, const Clock& clock, Settings settings);

  // Plans a try at once, SPIRE's earlier silence notwithstanding.
  void Plan(const SpiffeId& id);
  // Waits until the first try since Plan is over, at most `millis`.
  Deletion Wait(const SpiffeId& id, std::int64_t millis);

  // No try begins until Resume or Cancel.
  // Errors: FailedPrecondition if a try is still running after `millis`.
  Status Pause(const SpiffeId& id, std::int64_t millis);
  void Resume(const SpiffeId& id);
  void Cancel(const SpiffeId& id);

  // Tries what is due. Returns the MonotonicMillis of the next try.
  std::int64_t RunDue();

  std::size_t pending() const;
  // Of the last try that failed, while any is pending.
  std::string trouble() const;

 private:
  struct Item {
    SpiffeId id;
    Deletion result;
    std::int64_t next_try = 0;
    std::int64_t backoff = 0;
    std::int64_t done_at = 0;
    bool running = false;
    bool paused = false;
    bool tried = false;
    bool again = false;  // planned anew while running
  };

  Item* NextDue(std::int64_t now);
  void Settle(const std::string& key, const Status& status, std::uint64_t deleted);
  Status DeleteAll(const SpiffeId& id, std::uint64_t& deleted);
  std::int64_t NextTry() const;

  EntryDirectory& entries_;
  const Clock& clock_;
  const Settings settings_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Item, std::less<>> items_;
  std::int64_t quiet_until_ = 0;  // SPIRE did not answer: nobody asks before this
  std::int64_t quiet_backoff_ = 0;
  std::string trouble_;
};

}  // namespace svidence::revocation
