#include "plugin/core/admin/erasure.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "plugin/core/admin/agents.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/revocation/recorder.h"

namespace svidence::admin {
namespace {

using AgentPtr = std::shared_ptr<const registry::Agent>;

constexpr std::size_t kMaxNamed = 5;

std::vector<AgentPtr> AgentsOf(const registry::Registry& registry, std::string_view ref) {
  std::vector<AgentPtr> agents;
  for (const AgentPtr& agent : registry.List()) {
    if (agent->sponsor && agent->sponsor->ref == ref) agents.push_back(agent);
  }
  return agents;
}

Status CheckNobodyNames(const registry::Registry& registry, std::string_view ref) {
  const std::vector<AgentPtr> agents = AgentsOf(registry, ref);
  if (agents.empty()) return OkStatus();
  std::string names;
  for (std::size_t i = 0; i < agents.size() && i < kMaxNamed; ++i) {
    names.append(i == 0 ? "" : ", ").append(Quote(agents[i]->name));
  }
  if (agents.size() > kMaxNamed) names += " and others";
  return FailedPrecondition("the sponsor answers for " + std::to_string(agents.size()) +
                            " agents: " + names +
                            "; with --withdraw they have no sponsor and score 0 from then on");
}

StatusOr<std::string> RefOf(const Ports& ports, const Erasure& erasure) {
  if (erasure.ref.empty() == erasure.person.empty()) {
    return InvalidArgument("give either the pseudonym or the person");
  }
  if (erasure.ref.empty()) return ports.directory.FindRef(erasure.person);
  const bool is_known = ports.directory.PersonOf(erasure.ref).ok() ||
                        ports.registry.IsErased(erasure.ref) ||
                        !AgentsOf(ports.registry, erasure.ref).empty();
  if (is_known) return erasure.ref;
  return NotFound("no sponsor " + Quote(erasure.ref));
}

StatusOr<ledger::EntryIndex> Append(const Ports& ports, const Settings& settings,
                                    std::function<StatusOr<ledger::EntryDraft>()> make) {
  revocation::CommitterLedger appender(ports.committer);
  return revocation::AppendAndWait(appender, ports.clock, std::move(make),
                                   settings.append_timeout_millis, revocation::Urgency::kInTurn);
}

// The agent goes on without anybody who answers for it.
Status Withdraw(const Ports& ports, const Settings& settings, const AgentPtr& agent,
                const std::string& by) {
  registry::Agent alone = *agent;
  alone.sponsor.reset();
  alone.trust.score = 0;
  alone.trust.rule.floor = 0;
  alone.trust.as_of = ports.clock.UnixMillis() / 1000;
  const auto make = [&registry = ports.registry, agent, alone,
                     by]() -> StatusOr<ledger::EntryDraft> {
    if (registry.Find(agent->name) != agent) {
      return FailedPrecondition("agent " + Quote(agent->name) +
                                " was changed meanwhile; try again");
    }
    return registry::DraftChanged(alone, by);
  };
  return Append(ports, settings, make).status();
}

// NotFound is what is wanted.
Status EraseRow(sponsor::Directory& directory, std::string_view ref) {
  Status erased = directory.Erase(ref);
  return erased.code() == StatusCode::kNotFound ? OkStatus() : erased;
}

}  // namespace

StatusOr<Erased> EraseSponsor(const Ports& ports, const Settings& settings, const Caller& caller,
                              const Erasure& erasure) {
  Erased erased;
  SVIDENCE_ASSIGN_OR_RETURN(erased.ref, RefOf(ports, erasure));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string by, OperatorOf(ports, caller));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::EntryDraft draft,
                            registry::DraftErased(erased.ref, erasure.reason, by));
  if (erasure.withdraw) {
    for (const AgentPtr& agent : AgentsOf(ports.registry, erased.ref)) {
      SVIDENCE_RETURN_IF_ERROR(Withdraw(ports, settings, agent, by));
      erased.withdrawn.push_back(agent->name);
    }
  }
  const auto before = ports.registry.ErasedIn(erased.ref);
  erased.already = before.has_value();
  if (before) {
    erased.index = *before;
  } else {
    const auto make = [&registry = ports.registry, ref = erased.ref,
                       draft]() -> StatusOr<ledger::EntryDraft> {
      SVIDENCE_RETURN_IF_ERROR(CheckNobodyNames(registry, ref));
      return draft;
    };
    SVIDENCE_ASSIGN_OR_RETURN(erased.index, Append(ports, settings, make));
  }
  erased.trouble = Message(EraseRow(ports.directory, erased.ref));
  return erased;
}

Status EraseRecorded(const registry::Registry& registry, sponsor::Directory& directory) {
  for (const std::string& ref : registry.ListErased()) {
    SVIDENCE_RETURN_IF_ERROR(EraseRow(directory, ref));
  }
  return OkStatus();
}

}  // namespace svidence::admin
