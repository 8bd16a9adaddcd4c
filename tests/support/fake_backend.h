// The admin contract in memory, with faults: remembers what it was asked.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/core/admin/backend.h"

namespace svidence::testing {

// Set the answers first; then calls may come from any thread.
class FakeBackend final : public admin::Backend {
 public:
  Status error;  // of every call, unless OK
  admin::StatusReport status;
  admin::LedgerInfo info;
  std::vector<std::string> entries;  // by index
  admin::VerifyReport verified;
  std::uint64_t progress_calls = 0;  // made by Verify before it ends
  admin::Registered registered;
  std::vector<admin::AgentInfo> agents;
  admin::AgentDetail detail;
  admin::RevokePreview preview;
  admin::RevokeReport report;
  ledger::EntryIndex restored = 0;
  admin::Rotated rotated;
  admin::Erased erased;

  // "Revoke spiffe://... misbehaviour by uid 1000 alice write", one a call.
  std::vector<std::string> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  std::optional<admin::Registration> last_registration;
  std::optional<admin::EntryQuery> last_query;

  StatusOr<admin::StatusReport> GetStatus() override { return Answer("GetStatus", status); }
  StatusOr<admin::LedgerInfo> Info() override { return Answer("Info", info); }
  StatusOr<admin::EntryPage> List(const admin::EntryQuery& query) override {
    last_query = query;
    admin::EntryPage page;
    std::size_t end = static_cast<std::size_t>(query.before.value_or(entries.size()));
    for (; end > 0 && page.entries.size() < query.page_size; --end) {
      page.entries.push_back(entries[end - 1]);
    }
    if (end > 0) page.before = end;
    return Answer("List", page);
  }
  StatusOr<std::string> Get(ledger::EntryIndex index) override {
    if (index >= entries.size()) return NotFound("there is no entry " + std::to_string(index));
    return Answer("Get", entries[index]);
  }
  Status Export(ledger::EntryIndex first, const admin::EntrySink& sink) override {
    Note("Export " + std::to_string(first));
    for (std::size_t i = first; i < entries.size(); ++i) {
      SVIDENCE_RETURN_IF_ERROR(sink({entries[i]}));
    }
    return error;
  }
  StatusOr<admin::VerifyReport> Verify(const admin::VerifyProgress& progress) override {
    for (std::uint64_t i = 1; i <= progress_calls; ++i) {
      SVIDENCE_RETURN_IF_ERROR(progress(i, progress_calls));
    }
    return Answer("Verify", verified);
  }
  StatusOr<admin::Registered> RegisterAgent(const admin::Caller& caller,
                                            const admin::Registration& agent) override {
    last_registration = agent;
    return Answer("RegisterAgent " + agent.name + By(caller), registered);
  }
  StatusOr<admin::AgentPage> ListAgents(const admin::Caller& caller, std::string_view after,
                                        std::size_t page_size) override {
    admin::AgentPage page;
    for (const admin::AgentInfo& info_of : agents) {
      if (info_of.agent.name <= after) continue;
      if (page.agents.size() == page_size) {
        page.more = true;
        break;
      }
      page.agents.push_back(info_of);
    }
    return Answer("ListAgents" + By(caller), page);
  }
  StatusOr<admin::AgentDetail> GetAgent(const admin::Caller& caller,
                                        std::string_view name) override {
    return Answer("GetAgent " + std::string(name) + By(caller), detail);
  }
  StatusOr<admin::Erased> EraseSponsor(const admin::Caller& caller,
                                       const admin::Erasure& erasure) override {
    return Answer("EraseSponsor " + erasure.ref + erasure.person + " " + erasure.reason +
                      (erasure.withdraw ? " withdraw" : "") + By(caller),
                  erased);
  }
  StatusOr<admin::Rotated> RotateKey(const admin::Caller& caller,
                                     const admin::KeyRotation& rotation) override {
    return Answer("RotateKey " + rotation.source + " " + rotation.reason + By(caller), rotated);
  }
  StatusOr<admin::RevokePreview> PreviewRevoke(std::string_view spiffe_id) override {
    return Answer("PreviewRevoke " + std::string(spiffe_id), preview);
  }
  StatusOr<admin::RevokeReport> Revoke(const admin::Caller& caller, std::string_view spiffe_id,
                                       std::string_view reason) override {
    return Answer("Revoke " + std::string(spiffe_id) + " " + std::string(reason) + By(caller),
                  report);
  }
  StatusOr<ledger::EntryIndex> Restore(const admin::Caller& caller, std::string_view spiffe_id,
                                       std::string_view reason) override {
    return Answer("Restore " + std::string(spiffe_id) + " " + std::string(reason) + By(caller),
                  restored);
  }

 private:
  static std::string By(const admin::Caller& caller) {
    return " by uid " + std::to_string(caller.uid) + " " + caller.user +
           (caller.may_write ? " write" : " read");
  }
  void Note(std::string call) {
    const std::scoped_lock lock(mutex_);
    calls_.push_back(std::move(call));
  }
  template <typename T>
  StatusOr<T> Answer(std::string call, const T& answer) {
    Note(std::move(call));
    if (!error.ok()) return error;
    return answer;
  }

  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

}  // namespace svidence::testing
