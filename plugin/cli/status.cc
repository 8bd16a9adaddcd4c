// `svidence status` and `svidence version`.
#include <algorithm>
#include <string>

#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

const char* NameOf(admin::State state) {
  switch (state) {
    case admin::State::kUnconfigured:
      return "unconfigured";
    case admin::State::kRefusing:
      return "refusing";
    case admin::State::kServing:
      return "serving";
  }
  return "unknown";
}

const char* NameOf(admin::Level level) {
  switch (level) {
    case admin::Level::kOk:
      return "ok";
    case admin::Level::kWarn:
      return "warn";
    case admin::Level::kBad:
      return "bad";
  }
  return "unknown";
}

std::string StatusJson(const admin::StatusReport& report) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("version").String(report.version);
  json.Key("state").String(NameOf(report.state)).Key("reason").String(report.reason);
  json.Key("trust_domain").String(report.trust_domain);
  json.Key("server_id").String(report.server_id);
  json.Key("now").String(ExactTime(report.now_millis));
  json.Key("started").String(ExactTime(report.started_millis));
  json.Key("checks").BeginArray();
  for (const admin::Check& check : report.checks) {
    json.BeginObject().Key("name").String(check.name).Key("level").String(NameOf(check.level));
    json.Key("detail").String(check.detail).EndObject();
  }
  json.EndArray().Key("counters").BeginObject();
  for (const admin::Counter& counter : report.counters) {
    json.Key(counter.name).Int(static_cast<std::int64_t>(counter.value));
  }
  json.EndObject().EndObject();
  return text + '\n';
}

std::string StatusTable(const admin::StatusReport& report) {
  std::string state = NameOf(report.state);
  if (!report.reason.empty()) state += ": " + Shown(report.reason);
  std::string text = Facts({{"state", state},
                            {"version", Shown(report.version)},
                            {"trust domain", Shown(report.trust_domain)},
                            {"server", Shown(report.server_id)},
                            {"started", ShownTime(report.started_millis, report.now_millis)}});
  std::vector<Row> checks{{"CHECK", "LEVEL", "DETAIL"}};
  for (const admin::Check& check : report.checks) {
    checks.push_back({Shown(check.name), NameOf(check.level), Shown(check.detail)});
  }
  if (checks.size() > 1) text += '\n' + Table(checks);
  std::vector<Row> counters{{"COUNTER", "VALUE"}};
  for (const admin::Counter& counter : report.counters) {
    counters.push_back({Shown(counter.name), std::to_string(counter.value)});
  }
  if (counters.size() > 1) text += '\n' + Table(counters);
  return text;
}

Outcome RunStatus(const Context& context) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kRead));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::StatusReport report, backend->GetStatus());
  context.env.out << (context.json() ? StatusJson(report) : StatusTable(report));
  const bool bad = std::any_of(report.checks.begin(), report.checks.end(),
                               [](const auto& check) { return check.level == admin::Level::kBad; });
  return bad || report.state != admin::State::kServing ? kFinding : kOk;
}

Outcome RunVersion(const Context& context) {
  std::string text;
  JsonWriter(text).BeginObject().Key("version").String(SVIDENCE_VERSION).EndObject();
  context.env.out << (context.json() ? text : "svidence " SVIDENCE_VERSION) << "\n";
  return kOk;
}

}  // namespace

void AddStatus(CLI::App& app, Context& context) {
  CLI::App* status = app.add_subcommand("status", "Show the server's state, checks and counters");
  status->footer(
      "Exits 1 unless the server is serving and no check is bad.\nExample:\n"
      "  svidence status");
  status->callback([&context] { context.run = [&context] { return RunStatus(context); }; });
}

void AddVersion(CLI::App& app, Context& context) {
  CLI::App* version = app.add_subcommand("version", "Show the version of this program");
  version->footer("Example:\n  svidence version --output json");
  version->callback([&context] { context.run = [&context] { return RunVersion(context); }; });
}

}  // namespace svidence::cli
