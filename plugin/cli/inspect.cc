// `svidence inspect`.
#include <memory>
#include <string>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/adapters/openssl/x509_reader.h"
#include "plugin/cli/commands.h"
#include "plugin/cli/inspection.h"
#include "plugin/cli/text.h"

namespace svidence::cli {
namespace {

constexpr const char* kDefaultOid =
    "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985";
constexpr const char* kDisclaimer =
    "No signature was verified: neither SPIRE's nor the ledger's. Anybody could have written this.";

struct Arguments {
  std::string file;
  std::string oid = kDefaultOid;
  std::string claim = "svidence";
};

std::string ScoreText(const Record& record, std::int64_t now_millis) {
  if (!record.trust) return "0.00: never registered";
  const registry::TrustRecord& trust = *record.trust;
  return ShownScore(record.score_now) + " now; " + ShownScore(trust.score) + " at " +
         ShownTime(trust.as_of * 1000, now_millis) + ", half-life " +
         ShownSeconds(trust.rule.half_life) + ", floor " + ShownScore(trust.rule.floor) +
         ", hold " + ShownSeconds(trust.rule.hold);
}

std::string Render(const Inspection& inspection, std::int64_t now_millis) {
  std::vector<std::pair<std::string, std::string>> facts{
      {inspection.kind, Shown(inspection.spiffe_id)},
      {"valid from", ShownTime(inspection.from * 1000, now_millis)},
      {"valid until", ShownTime(inspection.until * 1000, now_millis)}};
  if (!inspection.serial.empty()) {
    facts.emplace_back("serial", inspection.serial);
    facts.emplace_back("certificates", std::to_string(inspection.certificates));
  }
  if (!inspection.record) {
    facts.emplace_back("record", "NONE: " + Shown(inspection.trouble));
    return Facts(facts);
  }
  const Record& record = *inspection.record;
  const ledger::Entry& entry = record.entry;
  facts.emplace_back("agent", entry.agent.empty() ? "none" : Shown(entry.agent));
  facts.emplace_back("trust score", ScoreText(record, now_millis));
  facts.emplace_back("sponsor", ShownSponsor(record.sponsor));
  facts.emplace_back("scope", std::to_string(record.scope));
  facts.emplace_back("ledger entry", std::to_string(entry.place.index) + ", " + Shown(entry.type) +
                                         " by " + Shown(entry.by));
  facts.emplace_back("entry time", ShownTime(entry.place.at_millis, now_millis));
  facts.emplace_back("proof", record.has_proof ? "there is one, not verified" : "none");
  std::vector<Row> rows{{"BINDING", "", "DETAIL"}};
  for (const BindingCheck& check : inspection.checks) {
    rows.push_back({check.name, check.ok ? "ok" : "WRONG", check.detail});
  }
  return Facts(facts) + '\n' + Table(rows);
}

void WriteRecord(JsonWriter& json, const Record& record) {
  const ledger::Entry& entry = record.entry;
  json.BeginObject().Key("index").Int(static_cast<std::int64_t>(entry.place.index));
  json.Key("at").String(ExactTime(entry.place.at_millis)).Key("type").String(entry.type);
  json.Key("by").String(entry.by).Key("subject").String(entry.subject);
  json.Key("agent");
  entry.agent.empty() ? json.Null() : json.String(entry.agent);
  json.Key("score_now").Int(record.score_now).Key("trust");
  registry::WriteTrust(json, record.trust);
  json.Key("sponsor");
  registry::WriteSponsor(json, record.sponsor);
  json.Key("scope").Int(record.scope).Key("proof").Bool(record.has_proof).EndObject();
}

std::string RenderJson(const Inspection& inspection) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("kind").String(inspection.kind);
  json.Key("spiffe_id").String(inspection.spiffe_id);
  json.Key("from").String(ExactTime(inspection.from * 1000));
  json.Key("until").String(ExactTime(inspection.until * 1000));
  json.Key("signatures_verified").Bool(false).Key("ok").Bool(inspection.ok()).Key("record");
  inspection.record ? WriteRecord(json, *inspection.record) : void(json.Null());
  json.Key("trouble").String(inspection.trouble).Key("checks").BeginArray();
  for (const BindingCheck& check : inspection.checks) {
    json.BeginObject().Key("name").String(check.name).Key("ok").Bool(check.ok);
    json.Key("detail").String(check.detail).EndObject();
  }
  json.EndArray().EndObject();
  return text + '\n';
}

Outcome RunInspect(const Context& context, const Arguments& arguments) {
  const Environment& env = context.env;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes,
                            env.read_file(arguments.file, openssl::kMaxCertificateInputBytes));
  const std::int64_t now = env.clock.UnixMillis();
  const StatusOr<Inspection> inspection = Inspect(
      bytes, {.oid_base = arguments.oid, .claim = arguments.claim, .now_millis = now}, env.hasher);
  if (!inspection.ok()) return Annotate(inspection.status(), "inspecting " + Quote(arguments.file));
  if (context.json()) {
    env.out << RenderJson(*inspection);
  } else {
    env.out << Render(*inspection, now) << kDisclaimer << "\n";
  }
  return inspection->ok() ? kOk : kFinding;
}

}  // namespace

void AddInspect(CLI::App& app, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* inspect =
      app.add_subcommand("inspect", "Decode an SVID and check it against its entry");
  inspect->footer(
      "Takes PEM, DER, a chain of either, or a JWT. Verifies no signature. Exits 1 if there is no\n"
      "record or it does not fit the credential.\nExample:\n  svidence inspect svid.pem");
  inspect->add_option("FILE", arguments->file, "The credential; - for standard input")->required();
  inspect->add_option("--oid", arguments->oid, "Base OID of the server's settings");
  inspect->add_option("--claim", arguments->claim, "Claim of the server's settings");
  inspect->callback([&context, arguments] {
    context.run = [&context, arguments] { return RunInspect(context, *arguments); };
  });
}

}  // namespace svidence::cli
