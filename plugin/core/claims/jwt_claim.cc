#include "plugin/core/claims/jwt_claim.h"

#include <cstdint>

#include "attestors/base/json.h"
#include "plugin/core/ledger/entry_time.h"

namespace svidence::claims {
namespace {

constexpr std::int64_t kHundredths = 100;
constexpr std::int64_t kMillis = 1000;
constexpr std::size_t kReadableBytes = 640;

// "2026-11-23T18:00:00Z".
std::string TimeText(std::int64_t unix_seconds) {
  std::string text = ledger::FormatTime(unix_seconds * kMillis);
  return text.erase(text.size() - 5, 4);  // ".000"
}

std::string DurationText(std::int64_t seconds) { return std::to_string(seconds) + 's'; }

void WriteReadableTrust(JsonWriter& json, const std::optional<registry::TrustRecord>& trust) {
  if (!trust) {
    registry::WriteTrust(json, trust);  // score 0 and nulls: nothing that needs care
    return;
  }
  json.BeginObject().Key("score").Int(trust->score);
  json.Key("as_of").String(TimeText(trust->as_of));
  json.Key("half_life").String(DurationText(trust->rule.half_life));
  json.Key("floor").Int(trust->rule.floor);
  json.Key("hold").String(DurationText(trust->rule.hold));
  json.Key("policy").String(trust->policy).EndObject();
}

void WriteReadableSponsor(JsonWriter& json, const std::optional<registry::SponsorRecord>& sponsor) {
  if (!sponsor) {
    json.Null();
    return;
  }
  json.BeginObject().Key("ref").String(sponsor->ref).Key("verified").Bool(sponsor->verified);
  json.Key("method").String(sponsor->method).Key("until");
  if (sponsor->until) {
    json.String(TimeText(*sponsor->until));
  } else {
    json.Null();
  }
  json.EndObject();
}

}  // namespace

std::string JwtClaim(const Issuance& issuance, std::string_view agent, std::string_view entry,
                     std::optional<std::string_view> proof) {
  std::string claim;
  claim.reserve(kReadableBytes + entry.size() * 5 / 4 + (proof ? proof->size() * 5 / 4 : 0));
  JsonWriter json(claim);
  json.BeginObject().Key("v").Int(1);
  json.Key("trust_score").Int(issuance.trust ? issuance.trust->score / kHundredths : 0);
  json.Key("scope").Int(issuance.scope).Key("human_sponsor");
  WriteReadableSponsor(json, issuance.sponsor);
  json.Key("trust");
  WriteReadableTrust(json, issuance.trust);
  json.Key("agent");
  if (agent.empty()) {
    json.Null();
  } else {
    json.String(agent);
  }
  json.Key("entry").String(entry);
  if (proof) json.Key("proof").String(*proof);
  json.EndObject();
  return claim;
}

}  // namespace svidence::claims
