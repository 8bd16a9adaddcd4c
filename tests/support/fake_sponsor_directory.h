// Pseudonyms in memory, with faults.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "plugin/core/sponsor/directory.h"

namespace svidence::testing {

// Thread-safe. Refs are "ref1", "ref2", ... in the order of first use.
class FakeSponsorDirectory final : public sponsor::Directory {
 public:
  // Every call fails so, until told otherwise.
  void FailWith(Status error) {
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
  }
  std::size_t size() const {
    const std::scoped_lock lock(mutex_);
    return refs_.size();
  }

  StatusOr<std::string> RefOf(std::string_view person) override {
    const std::scoped_lock lock(mutex_);
    if (!error_.ok()) return error_;
    SVIDENCE_RETURN_IF_ERROR(sponsor::CheckPerson(person));
    const auto [found, is_new] = refs_.try_emplace(std::string(person));
    if (is_new) found->second = "ref" + std::to_string(++next_);
    return found->second;
  }
  StatusOr<std::string> FindRef(std::string_view person) override {
    const std::scoped_lock lock(mutex_);
    if (!error_.ok()) return error_;
    SVIDENCE_RETURN_IF_ERROR(sponsor::CheckPerson(person));
    const auto found = refs_.find(std::string(person));
    if (found == refs_.end()) return NotFound("unknown or erased");
    return found->second;
  }
  StatusOr<std::string> PersonOf(std::string_view ref) override {
    const std::scoped_lock lock(mutex_);
    if (!error_.ok()) return error_;
    for (const auto& [person, known] : refs_) {
      if (known == ref) return person;
    }
    return NotFound("unknown or erased");
  }
  Status Erase(std::string_view ref) override {
    const std::scoped_lock lock(mutex_);
    if (!error_.ok()) return error_;
    const auto erased =
        std::erase_if(refs_, [ref](const auto& entry) { return entry.second == ref; });
    return erased > 0 ? OkStatus() : NotFound("unknown or erased");
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> refs_;
  int next_ = 0;
  Status error_;
};

}  // namespace svidence::testing
