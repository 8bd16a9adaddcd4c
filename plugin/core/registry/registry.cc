#include "plugin/core/registry/registry.h"

#include <algorithm>
#include <utility>

#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/registry/members.h"

namespace svidence::registry {
namespace {

constexpr std::string_view kSponsorSubject = "sponsor:";

StatusOr<Agent> ReadAgent(const ledger::Entry& entry) {
  if (!IsAgentName(entry.agent) || entry.subject != "agent:" + entry.agent) {
    return InvalidArgument("subject " + Quote(entry.subject) + " is not that of an agent");
  }
  Agent agent;
  agent.name = entry.agent;
  SVIDENCE_ASSIGN_OR_RETURN(const Json members, ledger::ParseMembers(entry));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t scope, IntMember(members, "scope", {1, kMaxScope}));
  agent.scope = static_cast<int>(scope);
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<TrustRecord> trust,
                            ReadTrust(members.Find("trust")));
  if (!trust) return InvalidArgument("an agent must have a trust record");
  agent.trust = *trust;
  SVIDENCE_ASSIGN_OR_RETURN(agent.sponsor, ReadSponsor(members.Find("sponsor")));
  agent.registered_in = entry.place.index;
  return agent;
}

}  // namespace

void Registry::OnCommitted(const ledger::Entry& entry) {
  if (Fold(entry).ok()) return;
  const std::scoped_lock lock(mutex_);
  ++not_understood_;
}

Status Registry::Fold(const ledger::Entry& entry) {
  if (entry.type == "agent.registered" || entry.type == "agent.changed") return FoldAgent(entry);
  if (entry.type == "restored") return FoldRestored(entry);
  if (entry.type == "erased") {
    // Whatever its reason: who may have been erased stays so.
    if (!entry.subject.starts_with(kSponsorSubject)) {
      return InvalidArgument("subject " + Quote(entry.subject) + " is not that of a sponsor");
    }
    const std::scoped_lock lock(mutex_);
    erased_.try_emplace(entry.subject.substr(kSponsorSubject.size()), entry.place.index);
  }
  if (entry.type == "revoked") {
    // Whatever its reason: an identity that may be revoked is refused.
    SVIDENCE_RETURN_IF_ERROR(SpiffeId::Parse(entry.subject).status());
    const std::scoped_lock lock(mutex_);
    revoked_.insert_or_assign(entry.subject, entry.place.index);
  }
  return OkStatus();
}

Status Registry::FoldAgent(const ledger::Entry& entry) {
  SVIDENCE_ASSIGN_OR_RETURN(Agent agent, ReadAgent(entry));
  const bool is_change = entry.type == "agent.changed";
  const std::scoped_lock lock(mutex_);
  const auto known = agents_.find(agent.name);
  if (is_change != (known != agents_.end())) {
    return InvalidArgument("agent " + Quote(agent.name) +
                           (is_change ? " is not registered" : " is registered already"));
  }
  if (is_change) agent.registered_in = known->second->registered_in;
  std::string name = agent.name;
  agents_.insert_or_assign(std::move(name), std::make_shared<const Agent>(std::move(agent)));
  return OkStatus();
}

Status Registry::FoldRestored(const ledger::Entry& entry) {
  SVIDENCE_ASSIGN_OR_RETURN(const Json members, ledger::ParseMembers(entry));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string reason,
                            TextMember(members, "reason", kMaxRecordTextBytes));
  if (!IsReasonCode(reason)) return InvalidArgument("unknown reason " + Quote(reason));
  const std::scoped_lock lock(mutex_);
  if (revoked_.erase(entry.subject) == 0) {
    return InvalidArgument(Quote(entry.subject) + " is not revoked");
  }
  return OkStatus();
}

std::shared_ptr<const Agent> Registry::Find(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = agents_.find(name);
  return found == agents_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Agent>> Registry::List() const {
  std::vector<std::shared_ptr<const Agent>> all;
  {
    const std::scoped_lock lock(mutex_);
    all.reserve(agents_.size());
    for (const auto& [name, agent] : agents_) all.push_back(agent);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  return all;
}

bool Registry::IsRevoked(std::string_view spiffe_id) const {
  const std::scoped_lock lock(mutex_);
  return revoked_.find(spiffe_id) != revoked_.end();
}

void Registry::DenyNow(std::string_view spiffe_id) {
  const std::scoped_lock lock(mutex_);
  revoked_.try_emplace(std::string(spiffe_id), std::nullopt);
}

std::optional<ledger::EntryIndex> Registry::RevokedIn(std::string_view spiffe_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = revoked_.find(spiffe_id);
  return found == revoked_.end() ? std::nullopt : found->second;
}

std::vector<std::string> Registry::ListRevoked() const {
  std::vector<std::string> all;
  {
    const std::scoped_lock lock(mutex_);
    all.reserve(revoked_.size());
    for (const auto& [spiffe_id, index] : revoked_) all.push_back(spiffe_id);
  }
  std::sort(all.begin(), all.end());
  return all;
}

bool Registry::IsErased(std::string_view ref) const { return ErasedIn(ref).has_value(); }

std::optional<ledger::EntryIndex> Registry::ErasedIn(std::string_view ref) const {
  const std::scoped_lock lock(mutex_);
  const auto found = erased_.find(ref);
  if (found == erased_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Registry::ListErased() const {
  std::vector<std::string> all;
  {
    const std::scoped_lock lock(mutex_);
    all.reserve(erased_.size());
    for (const auto& [ref, index] : erased_) all.push_back(ref);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::uint64_t Registry::NotUnderstood() const {
  const std::scoped_lock lock(mutex_);
  return not_understood_;
}

}  // namespace svidence::registry
