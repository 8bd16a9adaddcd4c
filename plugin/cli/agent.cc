// `svidence agent register|list|show`.
#include <memory>
#include <string>
#include <utility>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

struct RegisterArguments {
  admin::Registration agent;
  std::string score;
  std::string half_life;
  std::string floor;
  std::string hold;
};

trust::Score ScoreNow(const registry::TrustRecord& trust, std::int64_t now_millis) {
  return trust::Decay(trust.score, trust.rule, now_millis / 1000 - trust.as_of);
}

void WriteAgent(JsonWriter& json, const admin::AgentInfo& info, std::int64_t now_millis) {
  const registry::Agent& agent = info.agent;
  json.BeginObject().Key("name").String(agent.name).Key("scope").Int(agent.scope);
  json.Key("score_now").Int(ScoreNow(agent.trust, now_millis));
  json.Key("trust");
  registry::WriteTrust(json, agent.trust);
  json.Key("sponsor");
  registry::WriteSponsor(json, agent.sponsor);
  json.Key("person");
  info.person.empty() ? json.Null() : json.String(info.person);
  json.Key("sponsor_erased").Bool(info.erased);
  json.Key("registered_in").Int(static_cast<std::int64_t>(agent.registered_in));
}

std::string SponsorText(const admin::AgentInfo& info) {
  const std::string sponsor = ShownSponsor(info.agent.sponsor);
  if (info.erased) return "erased, " + sponsor;
  return info.person.empty() ? sponsor : Shown(info.person) + ", " + sponsor;
}

std::string AgentFacts(const admin::AgentInfo& info, std::int64_t now_millis) {
  const registry::Agent& agent = info.agent;
  const registry::TrustRecord& trust = agent.trust;
  return Facts(
      {{"agent", Shown(agent.name)},
       {"scope", std::to_string(agent.scope)},
       {"score now", ShownScore(ScoreNow(trust, now_millis))},
       {"score set", ShownScore(trust.score) + " at " + ShownTime(trust.as_of * 1000, now_millis)},
       {"decay", "half-life " + ShownSeconds(trust.rule.half_life) + ", floor " +
                     ShownScore(trust.rule.floor) + ", hold " + ShownSeconds(trust.rule.hold)},
       {"sponsor", SponsorText(info)},
       {"registered in", "entry " + std::to_string(agent.registered_in)}});
}

Status ReadRule(const RegisterArguments& from, admin::Registration& to) {
  if (!from.score.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(to.score, ParseScore("--score", from.score));
  }
  if (!from.floor.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(to.floor, ParseScore("--floor", from.floor));
  }
  if (!from.half_life.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(to.half_life, ParseSeconds("--half-life", from.half_life));
  }
  if (!from.hold.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(to.hold, ParseSeconds("--hold", from.hold));
  }
  return OkStatus();
}

Outcome RunRegister(const Context& context, const RegisterArguments& arguments) {
  admin::Registration agent = arguments.agent;
  SVIDENCE_RETURN_IF_ERROR(ReadRule(arguments, agent));
  if (!registry::IsAgentName(agent.name)) {
    return InvalidArgument("NAME must be 1 to 63 of a-z, 0-9, '.', '_' and '-', got " +
                           Quote(agent.name));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kWrite));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::Registered registered, backend->RegisterAgent({}, agent));
  const std::int64_t now = context.env.clock.UnixMillis();
  if (context.json()) {
    std::string text;
    JsonWriter json(text);
    WriteAgent(json, registered.info, now);
    json.Key("index").Int(static_cast<std::int64_t>(registered.index)).EndObject();
    context.env.out << text << "\n";
  } else {
    context.env.out << (agent.change ? "changed" : "registered") << ", ledger entry "
                    << registered.index << "\n"
                    << AgentFacts(registered.info, now);
  }
  return kOk;
}

StatusOr<std::vector<admin::AgentInfo>> AllAgents(admin::Backend& backend) {
  std::vector<admin::AgentInfo> agents;
  std::string after;
  while (true) {
    SVIDENCE_ASSIGN_OR_RETURN(admin::AgentPage page,
                              backend.ListAgents({}, after, admin::kMaxPageEntries));
    for (admin::AgentInfo& agent : page.agents) agents.push_back(std::move(agent));
    if (!page.more) return agents;
    if (agents.empty() || agents.back().agent.name <= after) {
      return Internal("the server's list of agents does not advance; look at its log");
    }
    after = agents.back().agent.name;
  }
}

Outcome RunList(const Context& context) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kRead));
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<admin::AgentInfo> agents, AllAgents(*backend));
  const std::int64_t now = context.env.clock.UnixMillis();
  std::string text;
  if (context.json()) {
    JsonWriter json(text);
    json.BeginObject().Key("agents").BeginArray();
    for (const admin::AgentInfo& info : agents) {
      WriteAgent(json, info, now);
      json.EndObject();
    }
    json.EndArray().EndObject();
    text += '\n';
  } else if (agents.empty()) {
    text = "no agent is registered; begin with `svidence agent register NAME --scope N`\n";
  } else {
    std::vector<Row> rows{{"NAME", "SCOPE", "SCORE NOW", "SCORE SET", "SPONSOR", "ENTRY"}};
    for (const admin::AgentInfo& info : agents) {
      const registry::Agent& agent = info.agent;
      rows.push_back({Shown(agent.name), std::to_string(agent.scope),
                      ShownScore(ScoreNow(agent.trust, now)), ShownScore(agent.trust.score),
                      SponsorText(info), std::to_string(agent.registered_in)});
    }
    text = Table(rows);
  }
  context.env.out << text;
  return kOk;
}

Outcome RunShow(const Context& context, const std::string& name) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kRead));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::AgentDetail detail, backend->GetAgent({}, name));
  const std::int64_t now = context.env.clock.UnixMillis();
  std::string text;
  if (context.json()) {
    JsonWriter json(text);
    WriteAgent(json, detail.info, now);
    json.Key("revoked").BeginArray();
    for (const std::string& id : detail.revoked) json.String(id);
    json.EndArray().Key("more_revoked").Bool(detail.more_revoked).EndObject();
    text += '\n';
  } else {
    text = AgentFacts(detail.info, now);
    for (const std::string& id : detail.revoked) text += "revoked  " + Shown(id) + '\n';
    if (detail.more_revoked) text += "revoked  ... and more\n";
  }
  context.env.out << text;
  return kOk;
}

void AddRegister(CLI::App& group, Context& context) {
  const auto arguments = std::make_shared<RegisterArguments>();
  CLI::App* app = group.add_subcommand("register", "Register an agent, or change it with --change");
  app->footer(
      "The sponsor is recorded as unverified: the score is at most 70, and 0 without one.\n"
      "Example:\n  svidence agent register buyer --scope 3 --sponsor alice@example.org");
  admin::Registration& agent = arguments->agent;
  app->add_option("NAME", agent.name, "Path segment behind the agent prefix")->required();
  app->add_option("--scope", agent.scope, "AWS agentic scoping matrix, 1 to 4")
      ->required()
      ->check(CLI::Range(1, registry::kMaxScope).description(""))
      ->type_name("1|2|3|4");
  app->add_option("--sponsor", agent.sponsor, "Who answers for the agent")->type_name("WHO");
  app->add_option("--score", arguments->score, "Start score, 0 to 100")->type_name("POINTS");
  app->add_option("--half-life", arguments->half_life, "How fast trust decays")
      ->type_name("DURATION");
  app->add_option("--floor", arguments->floor, "Where decay ends")->type_name("POINTS");
  app->add_option("--hold", arguments->hold, "No decay for this long")->type_name("DURATION");
  app->add_flag("--change", agent.change, "Change an agent that is registered");
  app->callback([&context, arguments] {
    context.run = [&context, arguments] { return RunRegister(context, *arguments); };
  });
}

}  // namespace

void AddAgent(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("agent", "Register, list and show agents");
  group->footer("Example:\n  svidence agent list");
  group->require_subcommand(1);
  AddRegister(*group, context);

  CLI::App* list = group->add_subcommand("list", "List all agents with their score now");
  list->footer("Example:\n  svidence agent list --output json");
  list->callback([&context] { context.run = [&context] { return RunList(context); }; });

  const auto name = std::make_shared<std::string>();
  CLI::App* show = group->add_subcommand("show", "Show one agent and its revoked IDs");
  show->footer("Example:\n  svidence agent show buyer");
  show->add_option("NAME", *name, "The agent")->required();
  show->callback(
      [&context, name] { context.run = [&context, name] { return RunShow(context, *name); }; });
}

}  // namespace svidence::cli
