// A ledger in memory, with faults.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "plugin/core/ledger/store.h"

namespace svidence::testing {

// Thread-safe. tests/integration/ledger_store_contract_test.cc holds it to the
// same promises as the real store.
class FakeLedgerStore final : public ledger::LedgerStore {
 public:
  enum class Loses {
    kEntries,  // the failed append has left nothing behind
    kAnswer,   // the entries are there, only the answer is an error
  };

  // From now on every append gives `error` and adds nothing; OK ends that.
  void FailWith(Status error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
  }
  // The `n`-th append from now (1: the next) gives `error`, once.
  void FailOnCall(std::size_t n, Status error, Loses loses = Loses::kEntries) {
    const std::lock_guard lock(mutex_);
    fail_in_ = n;
    once_ = std::move(error);
    loses_ = loses;
  }
  // From now on ReadHead and Read give `error`; OK ends that.
  void FailReadsWith(Status error) {
    const std::lock_guard lock(mutex_);
    read_error_ = std::move(error);
  }
  // Called at the start of every append, without the lock: to make it slow, or
  // to let something happen meanwhile.
  void OnAppend(std::function<void(std::size_t entries)> hook) {
    const std::lock_guard lock(mutex_);
    on_append_ = std::move(hook);
  }
  // What somebody with access to the file could do to it.
  void Tamper(const std::function<void(std::vector<ledger::StoredEntry>&)>& change) {
    const std::lock_guard lock(mutex_);
    change(entries_);
  }
  std::vector<ledger::StoredEntry> All() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::size_t appends() const {
    const std::lock_guard lock(mutex_);
    return appends_;
  }

  StatusOr<ledger::Head> ReadHead() override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    return HeadNow();
  }

  Status Append(const ledger::Head& expected,
                std::span<const ledger::StoredEntry> entries) override {
    std::function<void(std::size_t)> hook;
    {
      const std::lock_guard lock(mutex_);
      hook = on_append_;
    }
    if (hook) hook(entries.size());

    const std::lock_guard lock(mutex_);
    ++appends_;
    if (!error_.ok()) return error_;
    const bool fails = fail_in_ != 0 && --fail_in_ == 0;
    if (fails && loses_ == Loses::kEntries) return once_;
    if (!entries.empty() && HeadNow() != expected) {
      return FailedPrecondition("the ledger does not end where it did");
    }
    entries_.insert(entries_.end(), entries.begin(), entries.end());
    return fails ? once_ : OkStatus();
  }

  StatusOr<std::vector<ledger::StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                                  std::size_t max_bytes) override {
    const std::lock_guard lock(mutex_);
    if (!read_error_.ok()) return read_error_;
    std::vector<ledger::StoredEntry> found;
    std::size_t bytes = 0;
    for (std::size_t i = first; i < entries_.size() && found.size() < max_entries; ++i) {
      bytes += entries_[i].bytes.size();
      if (bytes > max_bytes && !found.empty()) break;
      found.push_back(entries_[i]);
    }
    return found;
  }

 private:
  ledger::Head HeadNow() const {
    if (entries_.empty()) return {};
    return {.size = entries_.size(), .last_leaf = entries_.back().leaf};
  }

  mutable std::mutex mutex_;
  std::vector<ledger::StoredEntry> entries_;
  std::function<void(std::size_t)> on_append_;
  Status error_;
  Status read_error_;
  Status once_;
  std::size_t fail_in_ = 0;
  Loses loses_ = Loses::kEntries;
  std::size_t appends_ = 0;
};

}  // namespace svidence::testing
