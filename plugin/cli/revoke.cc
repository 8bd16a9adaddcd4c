// `svidence revoke` and `svidence restore`.
#include <memory>
#include <string>

#include "attestors/base/json.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

constexpr const char* kReasons =
    "unspecified|key_compromise|misbehaviour|decommissioned|sponsor_request|superseded";

struct Arguments {
  std::string id;
  std::string reason = "unspecified";
  bool yes = false;
  bool dry_run = false;
};

std::string PreviewText(const admin::RevokePreview& preview, const std::string& id) {
  std::string agent = preview.agent.empty() ? "none" : Shown(preview.agent);
  agent += preview.registered ? " (registered)" : " (not registered)";
  std::string text = Facts({{"SPIFFE ID", Shown(id)},
                            {"agent", agent},
                            {"revoked", preview.revoked ? "already" : "no"}});
  if (!preview.spire_trouble.empty()) {
    return text + "SPIRE's entries are not known: " + Shown(preview.spire_trouble) + '\n';
  }
  if (preview.entries.empty()) return text + "SPIRE has no entry with this ID\n";
  std::vector<Row> rows{{"SPIRE ENTRY", "PARENT", "SELECTORS"}};
  for (const revocation::SpireEntry& entry : preview.entries) {
    std::string selectors;
    for (const std::string& selector : entry.selectors) {
      selectors += (selectors.empty() ? "" : ", ") + Shown(selector);
    }
    rows.push_back({Shown(entry.id), Shown(entry.parent_id), selectors});
  }
  return text + Table(rows);
}

std::string PreviewJson(const admin::RevokePreview& preview, const std::string& id) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("spiffe_id").String(id).Key("agent").String(preview.agent);
  json.Key("registered").Bool(preview.registered).Key("revoked").Bool(preview.revoked);
  json.Key("spire_trouble").String(preview.spire_trouble).Key("entries").BeginArray();
  for (const revocation::SpireEntry& entry : preview.entries) {
    json.BeginObject().Key("id").String(entry.id).Key("parent_id").String(entry.parent_id);
    json.Key("selectors").BeginArray();
    for (const std::string& selector : entry.selectors) json.String(selector);
    json.EndArray().Key("hint").String(entry.hint).EndObject();
  }
  json.EndArray().EndObject();
  return text + '\n';
}

std::string ReportText(const admin::RevokeReport& report) {
  const revocation::Outcome& outcome = report.outcome;
  std::string text = outcome.already ? "was revoked already" : "revoked";
  if (outcome.index) text += ", ledger entry " + std::to_string(*outcome.index);
  text += '\n';
  if (!outcome.recorded) {
    text += "in force, but not yet in the ledger: " + Shown(outcome.ledger_trouble) + '\n';
  }
  if (!outcome.spool_trouble.empty()) {
    text += "a restart would forget it: " + Shown(outcome.spool_trouble) + '\n';
  }
  if (report.deletion.done) {
    return text + "SPIRE's entries are deleted: " + std::to_string(report.deletion.deleted) + '\n';
  }
  return text + "SPIRE's entries are not all deleted yet, the server goes on trying: " +
         Shown(report.deletion.trouble) + '\n';
}

std::string ReportJson(const admin::RevokeReport& report, const std::string& id) {
  const revocation::Outcome& outcome = report.outcome;
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("spiffe_id").String(id).Key("already").Bool(outcome.already);
  json.Key("recorded").Bool(outcome.recorded).Key("index");
  outcome.index ? json.Int(static_cast<std::int64_t>(*outcome.index)) : json.Null();
  json.Key("ledger_trouble").String(outcome.ledger_trouble);
  json.Key("spool_trouble").String(outcome.spool_trouble);
  json.Key("deletion_done").Bool(report.deletion.done);
  json.Key("deleted").Int(static_cast<std::int64_t>(report.deletion.deleted));
  json.Key("deletion_trouble").String(report.deletion.trouble).EndObject();
  return text + '\n';
}

bool Confirmed(const Environment& env, const admin::RevokePreview& preview) {
  env.err << "Revoke this ID and delete " << preview.entries.size()
          << " SPIRE entries? Type yes: " << std::flush;
  return env.read_line() == "yes";
}

Outcome RunRevoke(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  if (!arguments.yes && !arguments.dry_run && !env.interactive) {
    return InvalidArgument(
        "revoke asks before it changes anything and there is no terminal to ask on; give --yes, "
        "or --dry-run to look only");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend,
                            context.Connect(arguments.dry_run ? Access::kRead : Access::kWrite));
  SVIDENCE_ASSIGN_OR_RETURN(const admin::RevokePreview preview,
                            backend->PreviewRevoke(arguments.id));
  if (arguments.dry_run) {
    env.out << (context.json() ? PreviewJson(preview, arguments.id)
                               : PreviewText(preview, arguments.id) + "nothing was changed\n");
    return kOk;
  }
  // With --output json standard output holds one document: the report.
  (context.json() ? env.err : env.out) << PreviewText(preview, arguments.id) << std::flush;
  if (!arguments.yes && !Confirmed(env, preview)) {
    env.err << "nothing was changed\n";
    return kFinding;
  }
  SVIDENCE_ASSIGN_OR_RETURN(const admin::RevokeReport report,
                            backend->Revoke({}, arguments.id, arguments.reason));
  env.out << (context.json() ? ReportJson(report, arguments.id) : ReportText(report));
  const bool settled = report.outcome.recorded && report.deletion.done;
  return settled ? kOk : kFinding;
}

Outcome RunRestore(const Context& context, const Arguments& arguments) {
  SVIDENCE_ASSIGN_OR_RETURN(const auto backend, context.Connect(Access::kWrite));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::EntryIndex index,
                            backend->Restore({}, arguments.id, arguments.reason));
  if (context.json()) {
    std::string text;
    JsonWriter json(text);
    json.BeginObject().Key("spiffe_id").String(arguments.id);
    json.Key("index").Int(static_cast<std::int64_t>(index)).EndObject();
    context.env.out << text << "\n";
  } else {
    context.env.out << "restored, ledger entry " << index
                    << "; entries that SPIRE lost must be created again\n";
  }
  return kOk;
}

void AddId(CLI::App& app, Arguments& arguments) {
  app.add_option("SPIFFE-ID", arguments.id, "Exactly this ID")->required();
  app.add_option("--reason", arguments.reason, "Why")->type_name(kReasons);
}

}  // namespace

void AddRevoke(CLI::App& app, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* revoke = app.add_subcommand("revoke", "Revoke a SPIFFE ID, delete its SPIRE entries");
  revoke->footer(
      "Shows SPIRE's entries and asks first. Exits 1 if it was declined, is not yet in the "
      "ledger,\n"
      "or entries are still to be deleted.\nExample:\n"
      "  svidence revoke spiffe://example.org/agent/buyer --reason key_compromise");
  AddId(*revoke, *arguments);
  revoke->add_flag("--yes", arguments->yes, "Do not ask");
  revoke->add_flag("--dry-run", arguments->dry_run, "Show what would be deleted, change nothing");
  revoke->callback([&context, arguments] {
    context.run = [&context, arguments] { return RunRevoke(context, *arguments); };
  });

  const auto restoring = std::make_shared<Arguments>();
  CLI::App* restore = app.add_subcommand("restore", "Let a revoked SPIFFE ID be issued again");
  restore->footer("Example:\n  svidence restore spiffe://example.org/agent/buyer");
  AddId(*restore, *restoring);
  restore->callback([&context, restoring] {
    context.run = [&context, restoring] { return RunRestore(context, *restoring); };
  });
}

}  // namespace svidence::cli
