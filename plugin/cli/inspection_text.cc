#include "plugin/cli/inspection_text.h"

#include <utility>
#include <vector>

#include "attestors/base/json.h"
#include "plugin/cli/text.h"
#include "plugin/core/ledger/note/tlog_proof.h"

namespace svidence::cli {
namespace {

std::string ScoreText(const Record& record, std::int64_t now_millis) {
  if (!record.trust) return "0.00: never registered";
  const registry::TrustRecord& trust = *record.trust;
  return ShownScore(record.score_now) + " now; " + ShownScore(trust.score) + " at " +
         ShownTime(trust.as_of * 1000, now_millis) + ", half-life " +
         ShownSeconds(trust.rule.half_life) + ", floor " + ShownScore(trust.rule.floor) +
         ", hold " + ShownSeconds(trust.rule.hold);
}

// What the proof claims to be; whether it is, is a check of its own.
std::string ProofText(const std::string& proof) {
  if (proof.empty()) return "none";
  const StatusOr<ledger::TlogProof> parsed = ledger::ParseTlogProof(proof);
  if (!parsed.ok()) return "unreadable: " + Shown(Message(parsed.status()));
  return "index " + std::to_string(parsed->index) + ", " + std::to_string(parsed->hashes.size()) +
         " hashes, checkpoint of " +
         Shown(parsed->checkpoint.substr(0, parsed->checkpoint.find('\n')));
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
  json.Key("scope").Int(record.scope).Key("proof").Bool(!record.proof.empty()).EndObject();
}

}  // namespace

std::string RenderInspection(const Inspection& inspection, std::int64_t now_millis) {
  std::vector<std::pair<std::string, std::string>> facts{
      {inspection.kind, Shown(inspection.spiffe_id)},
      {"valid from", ShownTime(inspection.from * 1000, now_millis)},
      {"valid until", ShownTime(inspection.until * 1000, now_millis)}};
  if (!inspection.serial.empty()) {
    facts.emplace_back("serial", inspection.serial);
    facts.emplace_back("certificates", std::to_string(inspection.chain.size()));
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
  facts.emplace_back("proof", ProofText(record.proof));
  std::vector<Row> rows{{"BINDING", "", "DETAIL"}};
  for (const BindingCheck& check : inspection.checks) {
    rows.push_back({check.name, check.ok ? "ok" : "WRONG", check.detail});
  }
  return Facts(facts) + '\n' + Table(rows);
}

std::string RenderInspectionJson(const Inspection& inspection, bool verified) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("kind").String(inspection.kind);
  json.Key("spiffe_id").String(inspection.spiffe_id);
  json.Key("from").String(ExactTime(inspection.from * 1000));
  json.Key("until").String(ExactTime(inspection.until * 1000));
  json.Key("signatures_verified").Bool(verified).Key("ok").Bool(inspection.ok()).Key("record");
  inspection.record ? WriteRecord(json, *inspection.record) : void(json.Null());
  json.Key("trouble").String(inspection.trouble).Key("checks").BeginArray();
  for (const BindingCheck& check : inspection.checks) {
    json.BeginObject().Key("name").String(check.name).Key("ok").Bool(check.ok);
    json.Key("detail").String(check.detail).EndObject();
  }
  json.EndArray().EndObject();
  return text + '\n';
}

}  // namespace svidence::cli
