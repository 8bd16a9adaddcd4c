#include "plugin/core/registry/records.h"

#include <algorithm>
#include <limits>

#include "plugin/core/registry/members.h"

namespace svidence::registry {
namespace {

constexpr Range kScores{0, trust::kMaxScore};
constexpr Range kTimes{0, kMaxUnixSeconds};

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

bool IsAgentName(std::string_view name) {
  return name.size() <= kMaxAgentNameBytes && IsPathSegment(name) &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

bool IsBelow(const SpiffeId& id, std::string_view prefix) {
  const std::string_view path = id.path();
  // A valid path never ends with a slash: behind this one there is a segment.
  return path.starts_with(prefix) && path.size() > prefix.size() && path[prefix.size()] == '/';
}

std::string_view AgentNameOf(const SpiffeId& id, std::string_view prefix) {
  if (!IsBelow(id, prefix)) return {};
  const std::string_view rest = id.path().substr(prefix.size() + 1);
  const std::string_view name = rest.substr(0, rest.find('/'));
  return IsAgentName(name) ? name : std::string_view{};
}

void WriteTrust(JsonWriter& json, const std::optional<TrustRecord>& trust) {
  json.BeginObject().Key("score");
  if (!trust) {
    json.Int(0).Key("as_of").Null().Key("half_life").Null().Key("floor").Null();
    json.Key("hold").Null().Key("policy").Null().EndObject();
    return;
  }
  json.Int(trust->score).Key("as_of").Int(trust->as_of);
  json.Key("half_life").Int(trust->rule.half_life).Key("floor").Int(trust->rule.floor);
  json.Key("hold").Int(trust->rule.hold).Key("policy").String(trust->policy).EndObject();
}

void WriteSponsor(JsonWriter& json, const std::optional<SponsorRecord>& sponsor) {
  if (!sponsor) {
    json.Null();
    return;
  }
  json.BeginObject().Key("ref").String(sponsor->ref);
  json.Key("verified").Bool(sponsor->verified).Key("method").String(sponsor->method).Key("until");
  if (sponsor->until) {
    json.Int(*sponsor->until);
  } else {
    json.Null();
  }
  json.EndObject();
}

StatusOr<std::optional<TrustRecord>> ReadTrust(const Json* value) {
  if (value == nullptr) return InvalidArgument("member \"trust\" is missing");
  TrustRecord trust;
  SVIDENCE_ASSIGN_OR_RETURN(trust.score, IntMember(*value, "score", kScores));
  SVIDENCE_ASSIGN_OR_RETURN(const bool no_record, IsNullMember(*value, "as_of"));
  if (no_record) {
    if (trust.score != 0) return InvalidArgument("a score without \"as_of\" must be 0");
    return std::optional<TrustRecord>{};
  }
  SVIDENCE_ASSIGN_OR_RETURN(trust.as_of, IntMember(*value, "as_of", kTimes));
  SVIDENCE_ASSIGN_OR_RETURN(trust.rule.half_life,
                            IntMember(*value, "half_life", {1, trust::kMaxHalfLife}));
  SVIDENCE_ASSIGN_OR_RETURN(trust.rule.floor, IntMember(*value, "floor", kScores));
  SVIDENCE_ASSIGN_OR_RETURN(trust.rule.hold, IntMember(*value, "hold", {0, trust::kMaxHold}));
  SVIDENCE_ASSIGN_OR_RETURN(trust.policy, DigestMember(*value, "policy"));
  return std::optional<TrustRecord>(std::move(trust));
}

StatusOr<std::optional<SponsorRecord>> ReadSponsor(const Json* value) {
  if (value == nullptr) return InvalidArgument("member \"sponsor\" is missing");
  if (value->is_null()) return std::optional<SponsorRecord>{};
  SponsorRecord sponsor;
  SVIDENCE_ASSIGN_OR_RETURN(sponsor.ref, TextMember(*value, "ref", kMaxRecordTextBytes));
  SVIDENCE_ASSIGN_OR_RETURN(sponsor.verified, BoolMember(*value, "verified"));
  SVIDENCE_ASSIGN_OR_RETURN(sponsor.method, TextMember(*value, "method", kMaxRecordTextBytes));
  SVIDENCE_ASSIGN_OR_RETURN(const bool open_ended, IsNullMember(*value, "until"));
  if (!open_ended) {
    SVIDENCE_ASSIGN_OR_RETURN(sponsor.until, IntMember(*value, "until", kTimes));
  }
  return std::optional<SponsorRecord>(std::move(sponsor));
}

}  // namespace svidence::registry
