// SPIRE's registration entries in memory, with faults.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "plugin/core/revocation/ports.h"

namespace svidence::testing {

// Thread-safe.
class FakeEntryDirectory final : public revocation::EntryDirectory {
 public:
  void Add(revocation::SpireEntry entry) {
    const std::scoped_lock lock(mutex_);
    entries_[entry.id] = std::move(entry);
  }
  // Every call fails so, until told otherwise.
  void FailWith(Status error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
  }
  // This entry cannot be deleted.
  void RefuseToDelete(const std::string& entry_id) {
    const std::scoped_lock lock(mutex_);
    stuck_.insert(entry_id);
  }
  // List answers with this, whatever was asked.
  void AnswerListWith(std::vector<revocation::SpireEntry> entries) {
    const std::scoped_lock lock(mutex_);
    forced_ = std::move(entries);
  }

  std::vector<std::string> Ids() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, entry] : entries_) ids.push_back(id);
    return ids;
  }
  int calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }

  StatusOr<std::vector<revocation::SpireEntry>> List(const SpiffeId& id, std::size_t max) override {
    const std::scoped_lock lock(mutex_);
    ++calls_;
    if (!error_.ok()) return error_;
    if (forced_) return *forced_;
    std::vector<revocation::SpireEntry> found;
    for (const auto& [entry_id, entry] : entries_) {
      if (entry.spiffe_id == id.text() && found.size() < max) found.push_back(entry);
    }
    return found;
  }

  Status Delete(std::span<const std::string> entry_ids) override {
    const std::scoped_lock lock(mutex_);
    ++calls_;
    if (!error_.ok()) return error_;
    Status first_error;
    for (const std::string& id : entry_ids) {
      if (!stuck_.contains(id)) {
        entries_.erase(id);
      } else if (first_error.ok()) {
        first_error = Internal("deleting SPIRE entry: stuck");
      }
    }
    return first_error;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, revocation::SpireEntry> entries_;
  std::set<std::string> stuck_;
  std::optional<std::vector<revocation::SpireEntry>> forced_;
  Status error_;
  int calls_ = 0;
};

}  // namespace svidence::testing
