// A ledger and a spool in memory, with faults, for revocation.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/ports.h"

namespace svidence::testing {

// Appends at once and tells the registry, as the committer does; or fails; or
// holds requests until Release(). Thread-safe.
class FakeLedger final : public revocation::Ledger {
 public:
  // `observer` must outlive this object.
  explicit FakeLedger(ledger::CommitObserver& observer) : observer_(observer) {}

  void FailWith(Status error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
  }
  void Hold() {
    const std::scoped_lock lock(mutex_);
    is_held_ = true;
  }
  // Answers what was held, in order.
  void Release() {
    std::vector<ledger::AppendRequest> held;
    {
      const std::scoped_lock lock(mutex_);
      is_held_ = false;
      held = std::exchange(held_, {});
    }
    for (ledger::AppendRequest& request : held) Answer(request);
  }

  void Submit(ledger::AppendRequest request) override {
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back({request.urgent, request.ends_batch, request.deadline_millis});
      if (is_held_) {
        held_.push_back(std::move(request));
        return;
      }
    }
    Answer(request);
  }

  struct Seen {
    bool urgent;
    bool ends_batch;
    std::int64_t deadline_millis;
  };
  std::vector<Seen> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  // "type subject agent members by", one for each entry.
  std::vector<std::string> entries() const {
    const std::scoped_lock lock(mutex_);
    return entries_;
  }

 private:
  void Answer(const ledger::AppendRequest& request) {
    Status error;
    {
      const std::scoped_lock lock(mutex_);
      error = error_;
    }
    if (!error.ok()) return request.done(error);
    const StatusOr<ledger::EntryDraft> draft = request.make();
    if (!draft.ok()) return request.done(draft.status());
    ledger::Entry entry;
    {
      const std::scoped_lock lock(mutex_);
      entry.place.index = entries_.size();
      entries_.push_back(draft->type + ' ' + draft->subject + ' ' + draft->agent + ' ' +
                         draft->members + ' ' + draft->by);
    }
    entry.type = draft->type;
    entry.by = draft->by;
    entry.subject = draft->subject;
    entry.agent = draft->agent;
    entry.members = draft->members;
    observer_.OnCommitted(entry);
    request.done(ledger::AppendResult{.index = entry.place.index, .entry = {}, .leaf = {}});
  }

  ledger::CommitObserver& observer_;
  mutable std::mutex mutex_;
  Status error_;
  bool is_held_ = false;
  std::vector<ledger::AppendRequest> held_;
  std::vector<Seen> requests_;
  std::vector<std::string> entries_;
};

class FakeSpool final : public revocation::Spool {
 public:
  std::vector<revocation::SpoolRecord> records;
  Status load_error;
  Status save_error;
  int saves = 0;

  StatusOr<std::vector<revocation::SpoolRecord>> Load() override {
    if (!load_error.ok()) return load_error;
    return records;
  }
  Status Save(std::span<const revocation::SpoolRecord> all) override {
    ++saves;
    if (!save_error.ok()) return save_error;
    records.assign(all.begin(), all.end());
    return OkStatus();
  }
};

}  // namespace svidence::testing
