#include "plugin/core/revocation/deletions.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"

namespace svidence::revocation {
namespace {

// How long a finished deletion can still be asked for.
constexpr std::int64_t kKeepDoneMillis = 60000;
// Tries in one RunDue, so that unrecorded revocations get their turn.
constexpr int kTriesPerRun = 64;

// SPIRE as a whole has a problem, not this ID's entries.
bool IsSilence(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kDeadlineExceeded ||
         status.code() == StatusCode::kPermissionDenied;
}

}  // namespace

Deletions::Deletions(EntryDirectory& entries, const Clock& clock, Settings settings)
    : entries_(entries), clock_(clock), settings_(std::move(settings)) {}

void Deletions::Plan(const SpiffeId& id) {
  const std::scoped_lock lock(mutex_);
  const auto [item, is_new] = items_.try_emplace(id.text(), Item{id, {}, 0, 0, 0});
  if (item->second.running) {
    item->second.again = true;
    item->second.tried = false;
  } else {
    item->second = Item{id, {}, 0, 0, 0};
  }
  item->second.next_try = clock_.MonotonicMillis();
  item->second.backoff = settings_.first_backoff_millis;
  quiet_until_ = 0;
  quiet_backoff_ = settings_.first_backoff_millis;
}

Deletion Deletions::Wait(const SpiffeId& id, std::int64_t millis) {
  std::unique_lock lock(mutex_);
  const auto tried = [&] {
    const auto item = items_.find(id.text());
    return item == items_.end() || item->second.tried;
  };
  changed_.wait_for(lock, std::chrono::milliseconds(millis), tried);
  const auto item = items_.find(id.text());
  return item == items_.end() ? Deletion{} : item->second.result;
}

Status Deletions::Pause(const SpiffeId& id, std::int64_t millis) {
  std::unique_lock lock(mutex_);
  const auto item = items_.find(id.text());
  if (item == items_.end()) return OkStatus();
  item->second.paused = true;
  // Nobody erases an item that is paused: the iterator stays good.
  const auto is_idle = [&] { return !item->second.running; };
  if (changed_.wait_for(lock, std::chrono::milliseconds(millis), is_idle)) return OkStatus();
  item->second.paused = false;
  return FailedPrecondition("the SPIRE entries of this identity are being deleted; try again");
}

void Deletions::Resume(const SpiffeId& id) {
  const std::scoped_lock lock(mutex_);
  if (const auto item = items_.find(id.text()); item != items_.end()) item->second.paused = false;
}

void Deletions::Cancel(const SpiffeId& id) {
  const std::scoped_lock lock(mutex_);
  items_.erase(id.text());
  changed_.notify_all();
}

Deletions::Item* Deletions::NextDue(std::int64_t now) {
  std::erase_if(items_, [now](const auto& entry) {
    const Item& item = entry.second;
    return item.result.done && !item.paused && !item.running &&
           now - item.done_at >= kKeepDoneMillis;
  });
  if (quiet_until_ > now) return nullptr;
  for (auto& [key, item] : items_) {
    if (!item.result.done && !item.running && !item.paused && item.next_try <= now) return &item;
  }
  return nullptr;
}

void Deletions::Settle(const std::string& key, const Status& status, std::uint64_t deleted) {
  const std::scoped_lock lock(mutex_);
  const auto found = items_.find(key);
  if (found == items_.end()) return;
  Item& item = found->second;
  const std::int64_t now = clock_.MonotonicMillis();
  item.running = false;
  item.result.deleted += deleted;
  if (std::exchange(item.again, false)) {
    item.next_try = now;
  } else {
    item.tried = true;
    item.result.done = status.ok();
    item.result.trouble = Message(status);
    item.done_at = now;
    item.next_try = now + item.backoff;
    item.backoff = std::min(item.backoff * 2, settings_.last_backoff_millis);
  }
  if (IsSilence(status)) {
    quiet_until_ = now + quiet_backoff_;
    quiet_backoff_ = std::min(quiet_backoff_ * 2, settings_.last_backoff_millis);
  } else {
    quiet_backoff_ = settings_.first_backoff_millis;
  }
  trouble_ = Message(status);
  changed_.notify_all();
}

Status Deletions::DeleteAll(const SpiffeId& id, std::uint64_t& deleted) {
  for (int round = 0; round < kMaxRounds; ++round) {
    SVIDENCE_ASSIGN_OR_RETURN(const std::vector<SpireEntry> entries,
                              entries_.List(id, kMaxEntriesPerRound));
    if (entries.empty()) return OkStatus();
    std::vector<std::string> ids;
    ids.reserve(entries.size());
    for (const SpireEntry& entry : entries) {
      // Deleting somebody else's entry would be an outage that we caused.
      if (entry.spiffe_id != id.text()) {
        return Internal("SPIRE listed an entry of " + Quote(entry.spiffe_id) +
                        " when asked for those of " + Quote(id.text()));
      }
      ids.push_back(entry.id);
    }
    SVIDENCE_RETURN_IF_ERROR(entries_.Delete(ids));
    deleted += ids.size();
  }
  return ResourceExhausted("SPIRE still has entries with this SPIFFE ID after " +
                           std::to_string(kMaxRounds) + " rounds of " +
                           std::to_string(kMaxEntriesPerRound));
}

std::int64_t Deletions::RunDue() {
  for (int tries = 0; tries < kTriesPerRun; ++tries) {
    std::unique_lock lock(mutex_);
    Item* const due = NextDue(clock_.MonotonicMillis());
    if (due == nullptr) return NextTry();
    due->running = true;
    const SpiffeId id = due->id;
    lock.unlock();

    std::uint64_t deleted = 0;
    const Status status = DeleteAll(id, deleted);
    Settle(id.text(), status, deleted);
  }
  return clock_.MonotonicMillis();
}

std::int64_t Deletions::NextTry() const {
  std::int64_t next = kNever;
  for (const auto& [key, item] : items_) {
    if (!item.result.done && !item.paused) {
      next = std::min(next, std::max(item.next_try, quiet_until_));
    }
  }
  return next;
}

std::size_t Deletions::pending() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [](const auto& entry) { return !entry.second.result.done; }));
}

std::string Deletions::trouble() const {
  const std::scoped_lock lock(mutex_);
  const bool is_pending = std::any_of(items_.begin(), items_.end(),
                                      [](const auto& entry) { return !entry.second.result.done; });
  return is_pending ? trouble_ : std::string();
}

}  // namespace svidence::revocation
