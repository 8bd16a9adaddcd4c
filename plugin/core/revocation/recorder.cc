#include "plugin/core/revocation/recorder.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <utility>

#include "attestors/base/spiffe_id.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/registry/records.h"
#include "plugin/core/revocation/deletions.h"

namespace svidence::revocation {
namespace {

// The committer itself answers at the deadline; only a committer that hangs
// makes the caller wait longer.
std::chrono::milliseconds Patience(std::int64_t wait_millis) {
  return std::chrono::milliseconds(wait_millis + wait_millis / 4);
}

std::string SilenceText(std::int64_t wait_millis) {
  return "the ledger has not answered within " + std::to_string(wait_millis) + " ms";
}

}  // namespace

StatusOr<ledger::EntryIndex> AppendAndWait(Ledger& ledger, const Clock& clock,
                                           std::function<StatusOr<ledger::EntryDraft>()> make,
                                           std::int64_t wait_millis, Urgency urgency) {
  struct Answer {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<StatusOr<ledger::EntryIndex>> value;
  };
  const auto answer = std::make_shared<Answer>();
  ledger::AppendRequest request;
  request.make = std::move(make);
  request.done = [answer](const StatusOr<ledger::AppendResult>& result) {
    const std::scoped_lock lock(answer->mutex);
    if (result.ok()) {
      answer->value = result->index;
    } else {
      answer->value = result.status();
    }
    answer->changed.notify_all();
  };
  request.deadline_millis = clock.MonotonicMillis() + wait_millis;
  request.urgent = urgency == Urgency::kAhead;
  request.ends_batch = true;
  ledger.Submit(std::move(request));

  std::unique_lock lock(answer->mutex);
  answer->changed.wait_for(lock, Patience(wait_millis), [&] { return answer->value.has_value(); });
  if (!answer->value) return DeadlineExceeded(SilenceText(wait_millis));
  return *answer->value;
}

struct Recorder::State {
  struct Item {
    SpoolRecord record;
    bool in_flight = false;
    bool waited_for = false;  // by Record
    bool kept = false;        // belongs into the spool
    std::optional<StatusOr<ledger::EntryIndex>> answer;
    std::int64_t next_try = 0;
    std::int64_t backoff = 0;
  };

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Item, std::less<>> items;  // by SPIFFE ID
  std::string trouble;
};

Recorder::Recorder(Ports ports, Settings settings)
    : ports_(std::move(ports)), settings_(std::move(settings)), state_(std::make_shared<State>()) {}

Status Recorder::Load() {
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<SpoolRecord> records, ports_.spool.Load());
  bool is_stale = false;
  for (const SpoolRecord& record : records) {
    if (const Status status = Draft(record).status(); !status.ok()) {
      return DataLoss("revocation spool: " + Message(status));
    }
    if (ports_.registry.RevokedIn(record.spiffe_id)) {
      is_stale = true;
      continue;
    }
    ports_.registry.DenyNow(record.spiffe_id);
    const std::scoped_lock lock(state_->mutex);
    State::Item& item = state_->items[record.spiffe_id];
    item.record = record;
    item.kept = true;
    item.next_try = ports_.clock.MonotonicMillis();
    item.backoff = settings_.first_backoff_millis;
  }
  // What stays behind is found recorded again at the next start.
  if (is_stale) (void)SaveSpool();
  return OkStatus();
}

StatusOr<ledger::EntryDraft> Recorder::Draft(const SpoolRecord& record) const {
  SVIDENCE_ASSIGN_OR_RETURN(const SpiffeId id, SpiffeId::Parse(record.spiffe_id));
  return registry::DraftRevoked(id, registry::AgentNameOf(id, settings_.agent_prefix),
                                record.reason, record.by);
}

void Recorder::Submit(const SpoolRecord& record) {
  ledger::AppendRequest request;
  request.make = [draft = Draft(record), key = record.spiffe_id,
                  &registry = ports_.registry]() -> StatusOr<ledger::EntryDraft> {
    // An earlier try may have reached the ledger after we stopped waiting.
    if (registry.RevokedIn(key)) return AlreadyExists("revoked already");
    return draft;
  };
  request.done = [state = state_, wake = ports_.wake,
                  key = record.spiffe_id](const StatusOr<ledger::AppendResult>& result) {
    {
      const std::scoped_lock lock(state->mutex);
      const auto item = state->items.find(key);
      if (item == state->items.end()) return;
      item->second.in_flight = false;
      if (result.ok()) {
        item->second.answer = result->index;
      } else {
        item->second.answer = result.status();
      }
      state->changed.notify_all();
    }
    wake->Notify();
  };
  request.deadline_millis = ports_.clock.MonotonicMillis() + settings_.ledger_wait_millis;
  request.urgent = true;
  request.ends_batch = true;
  ports_.ledger.Submit(std::move(request));
}

StatusOr<Outcome> Recorder::Record(const SpoolRecord& record) {
  SVIDENCE_RETURN_IF_ERROR(Draft(record).status());
  Outcome outcome;
  std::optional<SpoolRecord> to_submit;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto [found, is_new] = state_->items.try_emplace(record.spiffe_id);
    State::Item& item = found->second;
    outcome.already = !is_new;
    if (is_new) {
      item.record = record;
      item.backoff = settings_.first_backoff_millis;
    }
    item.waited_for = true;
    if (!item.in_flight && !item.answer) {
      item.in_flight = true;
      to_submit = item.record;  // the first one's, if this is not the first
    }
  }
  if (to_submit) Submit(*to_submit);
  ports_.registry.DenyNow(record.spiffe_id);

  bool must_save = false;
  {
    std::unique_lock lock(state_->mutex);
    State::Item& item = state_->items.at(record.spiffe_id);
    state_->changed.wait_for(lock, Patience(settings_.ledger_wait_millis),
                             [&item] { return item.answer.has_value(); });
    item.waited_for = false;
    const StatusOr<ledger::EntryIndex> answer =
        std::exchange(item.answer, std::nullopt)
            .value_or(DeadlineExceeded(SilenceText(settings_.ledger_wait_millis)));
    if (answer.ok() || answer.status().code() == StatusCode::kAlreadyExists) {
      outcome.recorded = true;
      must_save = item.kept;
      state_->items.erase(record.spiffe_id);
    } else {
      outcome.ledger_trouble = Message(answer.status());
      state_->trouble = outcome.ledger_trouble;
      must_save = true;
      item.kept = true;
      item.next_try = ports_.clock.MonotonicMillis() + item.backoff;
    }
  }
  outcome.index = ports_.registry.RevokedIn(record.spiffe_id);
  if (must_save) {
    const Status saved = SaveSpool();
    // A record too many is found out at the next start; one too few is forgotten.
    if (!saved.ok() && !outcome.recorded) outcome.spool_trouble = Message(saved);
  }
  return outcome;
}

Status Recorder::SaveSpool() {
  const std::scoped_lock spool_lock(spool_mutex_);
  std::vector<SpoolRecord> records;
  {
    const std::scoped_lock lock(state_->mutex);
    for (const auto& [key, item] : state_->items) {
      if (item.kept) records.push_back(item.record);
    }
  }
  return ports_.spool.Save(records);
}

// True if one has left the set of those that the spool must hold.
bool Recorder::SettleAnswered() {
  const std::scoped_lock lock(state_->mutex);
  const std::int64_t now = ports_.clock.MonotonicMillis();
  const std::size_t before = state_->items.size();
  for (auto next = state_->items.begin(); next != state_->items.end();) {
    const auto found = next++;
    State::Item& item = found->second;
    if (!item.answer || item.waited_for) continue;
    const Status status = item.answer->status();
    item.answer.reset();
    if (status.ok() || status.code() == StatusCode::kAlreadyExists) {
      state_->items.erase(found);
      continue;
    }
    state_->trouble = Message(status);
    item.next_try = now + item.backoff;
    item.backoff = std::min(item.backoff * 2, settings_.last_backoff_millis);
  }
  return state_->items.size() < before;
}

std::int64_t Recorder::RunDue() {
  bool must_save = SettleAnswered();
  std::vector<SpoolRecord> due;
  {
    const std::scoped_lock lock(state_->mutex);
    const std::int64_t now = ports_.clock.MonotonicMillis();
    for (auto& [key, item] : state_->items) {
      if (item.waited_for || item.in_flight || item.next_try > now) continue;
      item.in_flight = true;
      due.push_back(item.record);
    }
  }
  for (const SpoolRecord& record : due) Submit(record);
  if (SettleAnswered()) must_save = true;
  // What stays behind is found recorded again at the next start.
  if (must_save) (void)SaveSpool();

  const std::scoped_lock lock(state_->mutex);
  std::int64_t next = kNever;
  for (const auto& [key, item] : state_->items) {
    if (!item.in_flight && !item.waited_for) next = std::min(next, item.next_try);
  }
  return next;
}

std::size_t Recorder::pending() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->items.size();
}

std::string Recorder::trouble() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->items.empty() ? std::string() : state_->trouble;
}

}  // namespace svidence::revocation
