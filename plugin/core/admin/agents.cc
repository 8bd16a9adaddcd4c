#include "plugin/core/admin/agents.h"

#include <algorithm>
#include <utility>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/registry/drafts.h"
#include "plugin/core/registry/records.h"
#include "plugin/core/revocation/recorder.h"
#include "plugin/core/trust/policy.h"

namespace svidence::admin {
namespace {

using registry::Agent;
using AgentPtr = std::shared_ptr<const Agent>;

constexpr std::size_t kMaxRevokedShown = 100;

Status CheckAllowed(const Settings& settings) {
  if (settings.allow_unsigned) return OkStatus();
  return FailedPrecondition(
      "registering an agent without a signed sponsorship is off: set allow_unsigned = true in the "
      "plugin_data of CredentialComposer \"svidence\" and restart spire-server");
}

// Whether `known` is as `wanted.change` says; asked again when the entry's index
// is assigned.
Status CheckKnown(const AgentPtr& known, const Registration& wanted) {
  if (wanted.change && known == nullptr) {
    return NotFound("agent " + Quote(wanted.name) + " is not registered");
  }
  if (!wanted.change && known != nullptr) {
    return AlreadyExists("agent " + Quote(wanted.name) + " is registered already, in entry " +
                         std::to_string(known->registered_in) + "; say that it is a change");
  }
  return OkStatus();
}

bool ChangesTrust(const Registration& wanted) {
  return wanted.score || wanted.half_life || wanted.floor || wanted.hold;
}

// Everything but the sponsor.
Agent Apply(const Ports& ports, const Settings& settings, const AgentPtr& known,
            const Registration& wanted, bool has_sponsor) {
  Agent agent;
  const std::int64_t now = ports.clock.UnixMillis() / 1000;
  if (known != nullptr) agent = *known;
  agent.name = wanted.name;
  if (known == nullptr || wanted.scope != 0) agent.scope = wanted.scope;
  if (known != nullptr && !ChangesTrust(wanted)) return agent;

  trust::Score score = has_sponsor ? settings.start_score : 0;
  trust::DecayRule rule = settings.start_rule;
  if (known != nullptr) {
    // A new rule begins with what the old one has left.
    rule = known->trust.rule;
    score = trust::Decay(known->trust.score, rule, now - known->trust.as_of);
  }
  agent.trust.score = wanted.score.value_or(score);
  agent.trust.as_of = now;
  agent.trust.rule.half_life = wanted.half_life.value_or(rule.half_life);
  agent.trust.rule.floor = wanted.floor.value_or(rule.floor);
  agent.trust.rule.hold = wanted.hold.value_or(rule.hold);
  agent.trust.policy = trust::PolicyDigest(ports.hasher, settings.start_score, settings.start_rule);
  return agent;
}

Status CheckPerson(std::string_view person) {
  if (person.size() <= sponsor::kMaxPersonBytes && IsUtf8(person)) return OkStatus();
  return InvalidArgument("sponsor must be at most " + std::to_string(sponsor::kMaxPersonBytes) +
                         " bytes of UTF-8, got " + Quote(person));
}

StatusOr<ledger::EntryDraft> DraftOf(const Agent& agent, bool is_change, std::string_view by) {
  return is_change ? registry::DraftChanged(agent, by) : registry::DraftRegistered(agent, by);
}

// An agent name belongs to its first sponsor until that one hands it over.
Status SetSponsor(const Ports& ports, const AgentPtr& known, const std::string& person,
                  Agent& agent) {
  if (person.empty()) return OkStatus();
  SVIDENCE_ASSIGN_OR_RETURN(const std::string ref, ports.directory.RefOf(person));
  if (known != nullptr && known->sponsor) {
    if (known->sponsor->ref == ref) return OkStatus();
    return PermissionDenied("agent " + Quote(agent.name) +
                            " belongs to another sponsor, who has not handed it over");
  }
  agent.sponsor = registry::SponsorRecord{
      .ref = ref, .verified = false, .method = "none", .until = std::nullopt};
  return OkStatus();
}

AgentInfo InfoOf(const Ports& ports, const Caller& caller, const Agent& agent) {
  AgentInfo info{.agent = agent, .person = {}};
  info.erased = agent.sponsor && ports.registry.IsErased(agent.sponsor->ref);
  if (!caller.may_write || !agent.sponsor || info.erased) return info;
  // Erased, or a table that cannot be read now: the pseudonym remains.
  const StatusOr<std::string> person = ports.directory.PersonOf(agent.sponsor->ref);
  if (person.ok()) info.person = *person;
  return info;
}

}  // namespace

StatusOr<std::string> OperatorOf(const Ports& ports, const Caller& caller) {
  const std::string person =
      caller.user.empty() ? "uid:" + std::to_string(caller.uid) : "user:" + caller.user;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string ref, ports.directory.RefOf(person));
  return "operator:" + ref;
}

StatusOr<Registered> RegisterAgent(const Ports& ports, const Settings& settings,
                                   const Caller& caller, const Registration& wanted) {
  SVIDENCE_RETURN_IF_ERROR(CheckAllowed(settings));
  SVIDENCE_RETURN_IF_ERROR(CheckPerson(wanted.sponsor));
  const AgentPtr known = ports.registry.Find(wanted.name);
  SVIDENCE_RETURN_IF_ERROR(CheckKnown(known, wanted));
  const bool has_sponsor =
      !wanted.sponsor.empty() || (known != nullptr && known->sponsor.has_value());
  Agent agent = Apply(ports, settings, known, wanted, has_sponsor);

  // What makes no entry leaves no trace in the directory either.
  Agent probe = agent;
  if (has_sponsor && !probe.sponsor) {
    probe.sponsor = registry::SponsorRecord{
        .ref = "probe", .verified = false, .method = "none", .until = std::nullopt};
  }
  SVIDENCE_RETURN_IF_ERROR(DraftOf(probe, wanted.change, "server:probe").status());

  SVIDENCE_RETURN_IF_ERROR(SetSponsor(ports, known, wanted.sponsor, agent));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string by, OperatorOf(ports, caller));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::EntryDraft draft, DraftOf(agent, wanted.change, by));
  const std::string ref = agent.sponsor ? agent.sponsor->ref : std::string();
  const auto make = [&registry = ports.registry, known, wanted, draft,
                     ref]() -> StatusOr<ledger::EntryDraft> {
    const AgentPtr now_known = registry.Find(wanted.name);
    SVIDENCE_RETURN_IF_ERROR(CheckKnown(now_known, wanted));
    if (now_known != known) return FailedPrecondition("the agent was changed meanwhile; try again");
    if (!ref.empty() && registry.IsErased(ref)) {
      return FailedPrecondition("the sponsor was erased meanwhile; try again");
    }
    return draft;
  };
  revocation::CommitterLedger appender(ports.committer);
  SVIDENCE_ASSIGN_OR_RETURN(
      const ledger::EntryIndex index,
      revocation::AppendAndWait(appender, ports.clock, make, settings.append_timeout_millis,
                                revocation::Urgency::kInTurn));
  const AgentPtr now_known = ports.registry.Find(wanted.name);
  if (now_known == nullptr)
    return Internal("the registry did not take entry " + std::to_string(index));
  return Registered{InfoOf(ports, caller, *now_known), index};
}

StatusOr<AgentPage> ListAgents(const Ports& ports, const Caller& caller, std::string_view after,
                               std::size_t page_size) {
  if (page_size == 0 || page_size > kMaxPageEntries) {
    return InvalidArgument("page size must be 1.." + std::to_string(kMaxPageEntries) + ", got " +
                           std::to_string(page_size));
  }
  AgentPage page;
  for (const AgentPtr& agent : ports.registry.List()) {
    if (agent->name <= after) continue;
    if (page.agents.size() == page_size) {
      page.more = true;
      break;
    }
    page.agents.push_back(InfoOf(ports, caller, *agent));
  }
  return page;
}

StatusOr<AgentDetail> GetAgent(const Ports& ports, const Settings& settings, const Caller& caller,
                               std::string_view name) {
  const AgentPtr agent = ports.registry.Find(name);
  if (agent == nullptr) return NotFound("agent " + Quote(name) + " is not registered");
  AgentDetail detail;
  detail.info = InfoOf(ports, caller, *agent);
  for (const std::string& text : ports.registry.ListRevoked()) {
    const StatusOr<SpiffeId> id = SpiffeId::Parse(text);
    if (!id.ok() || registry::AgentNameOf(*id, settings.agent_prefix) != name) continue;
    if (detail.revoked.size() == kMaxRevokedShown) {
      detail.more_revoked = true;
      break;
    }
    detail.revoked.push_back(text);
  }
  return detail;
}

}  // namespace svidence::admin
