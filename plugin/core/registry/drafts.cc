#include "plugin/core/registry/drafts.h"

#include <algorithm>
#include <array>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::registry {
namespace {

using ledger::EntryDraft;

// Stored in entries: never changed, only added to.
constexpr std::array<std::string_view, 5> kErasureReasons = {
    "request", "retention", "legal_obligation", "unlawful", "unspecified"};
constexpr std::array<std::string_view, 6> kReasonCodes = {"unspecified",     "key_compromise",
                                                          "misbehaviour",    "decommissioned",
                                                          "sponsor_request", "superseded"};

Status CheckInt(std::string_view what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return OkStatus();
  return InvalidArgument(std::string(what) + " must be " + std::to_string(low) + ".." +
                         std::to_string(high) + ", got " + std::to_string(value));
}

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// A pseudonym, a server's name, a method: one word, so that neither a name nor an
// e-mail address can stand there.
Status CheckWord(std::string_view what, std::string_view text) {
  if (!text.empty() && text.size() <= kMaxRecordTextBytes &&
      std::all_of(text.begin(), text.end(), IsWordCharacter)) {
    return OkStatus();
  }
  return InvalidArgument(std::string(what) + " must be 1.." + std::to_string(kMaxRecordTextBytes) +
                         " of [A-Za-z0-9_-], got " + Quote(text));
}

Status CheckBy(std::string_view by) {
  if (by.starts_with("spiffe://")) return SpiffeId::Parse(by).status();
  for (const std::string_view kind : {"server:", "operator:", "sponsor:"}) {
    if (by.starts_with(kind)) return CheckWord("\"by\" behind its colon", by.substr(kind.size()));
  }
  return InvalidArgument(
      "\"by\" must be server:<id>, operator:<ref>, sponsor:<ref> or a SPIFFE ID, got " + Quote(by));
}

Status CheckName(std::string_view name) {
  if (IsAgentName(name)) return OkStatus();
  return InvalidArgument("agent name must be 1.." + std::to_string(kMaxAgentNameBytes) +
                         R"( of [a-z0-9._-] and not "." or "..", got )" + Quote(name));
}

Status CheckTrust(const TrustRecord& trust) {
  SVIDENCE_RETURN_IF_ERROR(CheckInt("score", trust.score, 0, trust::kMaxScore));
  SVIDENCE_RETURN_IF_ERROR(CheckInt("as_of", trust.as_of, 0, kMaxUnixSeconds));
  SVIDENCE_RETURN_IF_ERROR(CheckInt("half_life", trust.rule.half_life, 1, trust::kMaxHalfLife));
  SVIDENCE_RETURN_IF_ERROR(CheckInt("floor", trust.rule.floor, 0, trust::kMaxScore));
  SVIDENCE_RETURN_IF_ERROR(CheckInt("hold", trust.rule.hold, 0, trust::kMaxHold));
  return ParseDigestText(trust.policy).status();
}

Status CheckSponsor(const SponsorRecord& sponsor) {
  SVIDENCE_RETURN_IF_ERROR(CheckWord("sponsor ref", sponsor.ref));
  SVIDENCE_RETURN_IF_ERROR(CheckWord("sponsor method", sponsor.method));
  return CheckInt("sponsor until", sponsor.until.value_or(0), 0, kMaxUnixSeconds);
}

// How high the score may be is a matter of who answers for the agent.
Status CheckCeiling(const Agent& agent) {
  if (!agent.sponsor) {
    if (agent.trust.score == 0) return OkStatus();
    return InvalidArgument("score of an agent without sponsor must be 0, got " +
                           std::to_string(agent.trust.score) + "; name a sponsor");
  }
  if (agent.sponsor->verified || agent.trust.score <= kUnsignedCeiling) return OkStatus();
  return InvalidArgument("score must be at most " + std::to_string(kUnsignedCeiling) +
                         " hundredths while the sponsor has not signed, got " +
                         std::to_string(agent.trust.score));
}

StatusOr<EntryDraft> DraftAgent(std::string_view type, const Agent& agent, std::string_view by) {
  SVIDENCE_RETURN_IF_ERROR(CheckName(agent.name));
  SVIDENCE_RETURN_IF_ERROR(CheckInt("scope", agent.scope, 1, kMaxScope));
  SVIDENCE_RETURN_IF_ERROR(CheckTrust(agent.trust));
  if (agent.sponsor) SVIDENCE_RETURN_IF_ERROR(CheckSponsor(*agent.sponsor));
  SVIDENCE_RETURN_IF_ERROR(CheckCeiling(agent));
  SVIDENCE_RETURN_IF_ERROR(CheckBy(by));

  EntryDraft draft;
  draft.type = type;
  draft.by = by;
  draft.subject = "agent:" + agent.name;
  draft.agent = agent.name;
  JsonWriter json(draft.members);
  json.Key("scope").Int(agent.scope).Key("trust");
  WriteTrust(json, agent.trust);
  json.Key("sponsor");
  WriteSponsor(json, agent.sponsor);
  return draft;
}

StatusOr<EntryDraft> DraftReason(std::string_view type, EntryDraft draft, std::string_view reason) {
  if (!IsReasonCode(reason)) {
    std::string codes;
    for (const std::string_view code : kReasonCodes) codes.append(" ").append(code);
    return InvalidArgument("reason must be one of" + codes + ", got " + Quote(reason));
  }
  if (!draft.agent.empty()) SVIDENCE_RETURN_IF_ERROR(CheckName(draft.agent));
  SVIDENCE_RETURN_IF_ERROR(CheckBy(draft.by));
  draft.type = type;
  JsonWriter(draft.members).Key("reason").String(reason);
  return draft;
}

EntryDraft OfIdentity(const SpiffeId& id, std::string_view agent, std::string_view by) {
  EntryDraft draft;
  draft.by = by;
  draft.subject = id.text();
  draft.agent = agent;
  return draft;
}

}  // namespace

std::span<const std::string_view> ErasureReasons() { return kErasureReasons; }

StatusOr<EntryDraft> DraftErased(std::string_view ref, std::string_view reason,
                                 std::string_view by) {
  if (std::find(kErasureReasons.begin(), kErasureReasons.end(), reason) == kErasureReasons.end()) {
    std::string codes;
    for (const std::string_view code : kErasureReasons) codes.append(" ").append(code);
    return InvalidArgument("reason must be one of" + codes + ", got " + Quote(reason));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckWord("sponsor ref", ref));
  SVIDENCE_RETURN_IF_ERROR(CheckBy(by));
  EntryDraft draft{
      .type = "erased", .by = std::string(by), .subject = "sponsor:" + std::string(ref)};
  JsonWriter json(draft.members);
  json.Key("fields").BeginArray().String("person").EndArray().Key("reason").String(reason);
  return draft;
}

std::span<const std::string_view> ReasonCodes() { return kReasonCodes; }

bool IsReasonCode(std::string_view code) {
  return std::find(kReasonCodes.begin(), kReasonCodes.end(), code) != kReasonCodes.end();
}

StatusOr<EntryDraft> DraftRegistered(const Agent& agent, std::string_view by) {
  return DraftAgent("agent.registered", agent, by);
}

StatusOr<EntryDraft> DraftChanged(const Agent& agent, std::string_view by) {
  return DraftAgent("agent.changed", agent, by);
}

StatusOr<EntryDraft> DraftRevoked(const SpiffeId& id, std::string_view agent,
                                  std::string_view reason, std::string_view by) {
  return DraftReason("revoked", OfIdentity(id, agent, by), reason);
}

StatusOr<EntryDraft> DraftRestored(const SpiffeId& id, std::string_view agent,
                                   std::string_view reason, std::string_view by) {
  return DraftReason("restored", OfIdentity(id, agent, by), reason);
}

}  // namespace svidence::registry
