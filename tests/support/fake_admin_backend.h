// A server in memory for the command line tool, with faults.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/core/admin/backend.h"

namespace svidence::testing {

// Not thread-safe. Tests read and write the members.
class FakeAdminBackend final : public admin::Backend {
 public:
  // From now on every call gives `error`; OK ends that.
  void FailWith(Status error) { error_ = std::move(error); }

  StatusOr<admin::StatusReport> GetStatus() override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    return status;
  }
  StatusOr<admin::Registered> RegisterAgent(const admin::Caller&,
                                            const admin::Registration& wanted) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    if (agents.contains(wanted.name) != wanted.change) {
      return wanted.change ? NotFound("no such agent") : AlreadyExists("give --change");
    }
    registrations.push_back(wanted);
    admin::AgentInfo& known = agents[wanted.name];
    known.agent.name = wanted.name;
    known.agent.scope = wanted.scope;
    known.agent.trust = {.score = wanted.sponsor.empty() ? 0 : wanted.score.value_or(7000),
                         .as_of = 1795456800,
                         .rule = {.half_life = wanted.half_life.value_or(86400),
                                  .floor = wanted.floor.value_or(1000),
                                  .hold = wanted.hold.value_or(0)},
                         .policy = "sha256:00"};
    if (!wanted.sponsor.empty()) {
      known.agent.sponsor = registry::SponsorRecord{
          .ref = "Jx0zAb3k", .verified = false, .method = "none", .until = std::nullopt};
      known.person = wanted.sponsor;
    }
    known.agent.registered_in = 1;
    return admin::Registered{.info = known, .index = 1};
  }
  StatusOr<admin::AgentPage> ListAgents(const admin::Caller&, std::string_view after,
                                        std::size_t page_size) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    admin::AgentPage page;
    page_size = std::min(page_size, agents_per_page);
    for (auto at = agents.upper_bound(std::string(after)); at != agents.end(); ++at) {
      page.more = page.agents.size() == page_size;
      if (page.more) break;
      page.agents.push_back(at->second);
    }
    return page;
  }
  StatusOr<admin::AgentDetail> GetAgent(const admin::Caller&, std::string_view name) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    const auto at = agents.find(std::string(name));
    if (at == agents.end()) return NotFound("no agent has this name");
    return admin::AgentDetail{.info = at->second, .revoked = revoked, .more_revoked = false};
  }
  StatusOr<admin::RevokePreview> PreviewRevoke(std::string_view) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    return preview;
  }
  StatusOr<admin::RevokeReport> Revoke(const admin::Caller&, std::string_view spiffe_id,
                                       std::string_view reason) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    revoked.emplace_back(spiffe_id);
    last_reason = reason;
    return report;
  }
  StatusOr<ledger::EntryIndex> Restore(const admin::Caller&, std::string_view spiffe_id,
                                       std::string_view) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    if (std::erase(revoked, spiffe_id) == 0) return FailedPrecondition("it is not revoked");
    return ledger::EntryIndex{9};
  }
  StatusOr<admin::Erased> EraseSponsor(const admin::Caller&,
                                       const admin::Erasure& erasure) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    erasures.push_back(erasure);
    return erased;
  }
  StatusOr<admin::Rotated> RotateKey(const admin::Caller&,
                                     const admin::KeyRotation& rotation) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    rotations.push_back(rotation);
    return rotated;
  }
  StatusOr<admin::LedgerInfo> Info() override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    return info;
  }
  StatusOr<admin::EntryPage> List(const admin::EntryQuery& query) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    admin::EntryPage page;
    ledger::EntryIndex at = query.before.value_or(entries.size());
    for (at = std::min<ledger::EntryIndex>(at, entries.size());
         at > 0 && page.entries.size() < query.page_size; --at) {
      page.entries.push_back(entries[at - 1]);
    }
    if (at > 0) page.before = at;
    return page;
  }
  StatusOr<std::string> Get(ledger::EntryIndex index) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    if (index >= entries.size()) return NotFound("the ledger ends before this entry");
    return entries[index];
  }
  Status Export(ledger::EntryIndex, const admin::EntrySink& sink) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    for (const std::string& entry : entries) SVIDENCE_RETURN_IF_ERROR(sink({entry}));
    return OkStatus();
  }
  StatusOr<admin::VerifyReport> Verify(const admin::VerifyProgress& progress) override {
    SVIDENCE_RETURN_IF_ERROR(error_);
    SVIDENCE_RETURN_IF_ERROR(progress(entries.size(), entries.size()));
    return verify;
  }

  admin::StatusReport status;
  std::map<std::string, admin::AgentInfo> agents;
  std::size_t agents_per_page = admin::kMaxPageEntries;
  std::vector<admin::Registration> registrations;
  std::vector<admin::Erasure> erasures;
  admin::Erased erased;
  std::vector<admin::KeyRotation> rotations;
  admin::Rotated rotated;
  admin::LedgerInfo info;
  admin::RevokePreview preview;
  admin::RevokeReport report;
  std::vector<std::string> revoked;
  std::string last_reason;
  std::vector<std::string> entries;
  admin::VerifyReport verify;

 private:
  Status error_ = OkStatus();
};

}  // namespace svidence::testing
