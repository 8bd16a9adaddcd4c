#include "plugin/adapters/grpc/admin_convert.h"

#include <algorithm>

#include "attestors/base/encoding.h"

namespace svidence {
namespace {

namespace wire_v1 = admin::v1;

// Enumerations are converted by name: their numbers are nobody's business.
wire_v1::GetStatusResponse::State StateToWire(admin::State state) {
  switch (state) {
    case admin::State::kUnconfigured:
      return wire_v1::GetStatusResponse::UNCONFIGURED;
    case admin::State::kRefusing:
      return wire_v1::GetStatusResponse::REFUSING;
    case admin::State::kServing:
      return wire_v1::GetStatusResponse::SERVING;
  }
  return wire_v1::GetStatusResponse::UNCONFIGURED;
}

admin::State StateFromWire(wire_v1::GetStatusResponse::State state) {
  if (state == wire_v1::GetStatusResponse::SERVING) return admin::State::kServing;
  if (state == wire_v1::GetStatusResponse::REFUSING) return admin::State::kRefusing;
  return admin::State::kUnconfigured;
}

wire_v1::GetStatusResponse::Level LevelToWire(admin::Level level) {
  switch (level) {
    case admin::Level::kOk:
      return wire_v1::GetStatusResponse::OK;
    case admin::Level::kWarn:
      return wire_v1::GetStatusResponse::WARN;
    case admin::Level::kBad:
      return wire_v1::GetStatusResponse::BAD;
  }
  return wire_v1::GetStatusResponse::BAD;
}

// A level that a newer server knows is worse than we can say.
admin::Level LevelFromWire(wire_v1::GetStatusResponse::Level level) {
  if (level == wire_v1::GetStatusResponse::OK) return admin::Level::kOk;
  if (level == wire_v1::GetStatusResponse::WARN) return admin::Level::kWarn;
  return admin::Level::kBad;
}

std::string DigestToWire(const Digest& digest) { return std::string(TextOf(digest)); }

StatusOr<Digest> DigestFromWire(const std::string& bytes) {
  Digest digest{};
  if (bytes.size() != digest.size()) {
    return Internal("a digest from the server must have 32 bytes, got " +
                    std::to_string(bytes.size()));
  }
  const auto all = BytesOf(bytes);
  std::copy(all.begin(), all.end(), digest.begin());
  return digest;
}

template <typename T>
std::optional<T> Optional(bool has, T value) {
  return has ? std::optional<T>(value) : std::nullopt;
}

}  // namespace

void ToWire(const admin::StatusReport& report, wire_v1::GetStatusResponse* wire) {
  wire->set_version(report.version);
  wire->set_state(StateToWire(report.state));
  wire->set_reason(report.reason);
  wire->set_trust_domain(report.trust_domain);
  wire->set_server_id(report.server_id);
  wire->set_now_millis(report.now_millis);
  wire->set_started_millis(report.started_millis);
  for (const admin::Check& check : report.checks) {
    auto* const added = wire->add_checks();
    added->set_name(check.name);
    added->set_level(LevelToWire(check.level));
    added->set_detail(check.detail);
  }
  for (const admin::Counter& counter : report.counters) {
    auto* const added = wire->add_counters();
    added->set_name(counter.name);
    added->set_value(counter.value);
  }
}

admin::StatusReport FromWire(const wire_v1::GetStatusResponse& wire) {
  admin::StatusReport report;
  report.version = wire.version();
  report.state = StateFromWire(wire.state());
  report.reason = wire.reason();
  report.trust_domain = wire.trust_domain();
  report.server_id = wire.server_id();
  report.now_millis = wire.now_millis();
  report.started_millis = wire.started_millis();
  for (const auto& check : wire.checks()) {
    report.checks.push_back({check.name(), LevelFromWire(check.level()), check.detail()});
  }
  for (const auto& counter : wire.counters()) {
    report.counters.push_back({counter.name(), counter.value()});
  }
  return report;
}

void ToWire(const admin::Registration& registration, wire_v1::RegisterAgentRequest* wire) {
  wire->set_name(registration.name);
  wire->set_scope(registration.scope);
  wire->set_sponsor(registration.sponsor);
  if (registration.score) wire->set_score(*registration.score);
  if (registration.half_life) wire->set_half_life(*registration.half_life);
  if (registration.floor) wire->set_floor(*registration.floor);
  if (registration.hold) wire->set_hold(*registration.hold);
  wire->set_change(registration.change);
}

admin::Registration FromWire(const wire_v1::RegisterAgentRequest& wire) {
  admin::Registration registration;
  registration.name = wire.name();
  registration.scope = wire.scope();
  registration.sponsor = wire.sponsor();
  registration.score = Optional<trust::Score>(wire.has_score(), wire.score());
  registration.half_life = Optional<std::int64_t>(wire.has_half_life(), wire.half_life());
  registration.floor = Optional<trust::Score>(wire.has_floor(), wire.floor());
  registration.hold = Optional<std::int64_t>(wire.has_hold(), wire.hold());
  registration.change = wire.change();
  return registration;
}

void ToWire(const admin::AgentInfo& info, wire_v1::Agent* wire) {
  const registry::Agent& agent = info.agent;
  wire->set_name(agent.name);
  wire->set_scope(agent.scope);
  wire_v1::Trust* const trust = wire->mutable_trust();
  trust->set_score(agent.trust.score);
  trust->set_as_of(agent.trust.as_of);
  trust->set_half_life(agent.trust.rule.half_life);
  trust->set_floor(agent.trust.rule.floor);
  trust->set_hold(agent.trust.rule.hold);
  trust->set_policy(agent.trust.policy);
  if (agent.sponsor) {
    wire_v1::Sponsor* const sponsor = wire->mutable_sponsor();
    sponsor->set_ref(agent.sponsor->ref);
    sponsor->set_verified(agent.sponsor->verified);
    sponsor->set_method(agent.sponsor->method);
    if (agent.sponsor->until) sponsor->set_until(*agent.sponsor->until);
    sponsor->set_person(info.person);
    sponsor->set_erased(info.erased);
  }
  wire->set_registered_in(agent.registered_in);
}

admin::AgentInfo FromWire(const wire_v1::Agent& wire) {
  admin::AgentInfo info;
  info.agent.name = wire.name();
  info.agent.scope = wire.scope();
  info.agent.trust.score = wire.trust().score();
  info.agent.trust.as_of = wire.trust().as_of();
  info.agent.trust.rule.half_life = wire.trust().half_life();
  info.agent.trust.rule.floor = wire.trust().floor();
  info.agent.trust.rule.hold = wire.trust().hold();
  info.agent.trust.policy = wire.trust().policy();
  if (wire.has_sponsor()) {
    const wire_v1::Sponsor& sponsor = wire.sponsor();
    info.agent.sponsor = registry::SponsorRecord{
        .ref = sponsor.ref(),
        .verified = sponsor.verified(),
        .method = sponsor.method(),
        .until = Optional<std::int64_t>(sponsor.has_until(), sponsor.until())};
    info.person = sponsor.person();
    info.erased = sponsor.erased();
  }
  info.agent.registered_in = wire.registered_in();
  return info;
}

void ToWire(const admin::RevokePreview& preview, wire_v1::PreviewRevokeResponse* wire) {
  wire->set_agent(preview.agent);
  wire->set_registered(preview.registered);
  wire->set_revoked(preview.revoked);
  for (const revocation::SpireEntry& entry : preview.entries) {
    wire_v1::SpireEntry* const added = wire->add_entries();
    added->set_id(entry.id);
    added->set_spiffe_id(entry.spiffe_id);
    added->set_parent_id(entry.parent_id);
    for (const std::string& selector : entry.selectors) added->add_selectors(selector);
    added->set_hint(entry.hint);
  }
  wire->set_spire_trouble(preview.spire_trouble);
}

admin::RevokePreview FromWire(const wire_v1::PreviewRevokeResponse& wire) {
  admin::RevokePreview preview;
  preview.agent = wire.agent();
  preview.registered = wire.registered();
  preview.revoked = wire.revoked();
  for (const wire_v1::SpireEntry& entry : wire.entries()) {
    preview.entries.push_back({.id = entry.id(),
                               .spiffe_id = entry.spiffe_id(),
                               .parent_id = entry.parent_id(),
                               .selectors = {entry.selectors().begin(), entry.selectors().end()},
                               .hint = entry.hint()});
  }
  preview.spire_trouble = wire.spire_trouble();
  return preview;
}

void ToWire(const admin::RevokeReport& report, wire_v1::RevokeResponse* wire) {
  wire->set_already(report.outcome.already);
  wire->set_recorded(report.outcome.recorded);
  if (report.outcome.index) wire->set_index(*report.outcome.index);
  wire->set_ledger_trouble(report.outcome.ledger_trouble);
  wire->set_spool_trouble(report.outcome.spool_trouble);
  wire->set_deletion_done(report.deletion.done);
  wire->set_deleted(report.deletion.deleted);
  wire->set_deletion_trouble(report.deletion.trouble);
}

admin::RevokeReport FromWire(const wire_v1::RevokeResponse& wire) {
  admin::RevokeReport report;
  report.outcome.already = wire.already();
  report.outcome.recorded = wire.recorded();
  report.outcome.index = Optional<ledger::EntryIndex>(wire.has_index(), wire.index());
  report.outcome.ledger_trouble = wire.ledger_trouble();
  report.outcome.spool_trouble = wire.spool_trouble();
  report.deletion.done = wire.deletion_done();
  report.deletion.deleted = wire.deleted();
  report.deletion.trouble = wire.deletion_trouble();
  return report;
}

void ToWire(const admin::LedgerInfo& info, wire_v1::GetLedgerInfoResponse* wire) {
  wire->set_directory(info.directory);
  wire->set_uuid(info.uuid);
  wire->set_origin(info.origin);
  wire->set_vkey(info.vkey);
  wire->set_keys(info.keys);
  wire->set_checkpoint(info.checkpoint);
  wire->set_trust_domain(info.trust_domain);
  wire->set_size(info.size);
  wire->set_last_leaf(DigestToWire(info.last_leaf));
  wire->set_last_at_millis(info.last_at_millis);
}

StatusOr<admin::LedgerInfo> FromWire(const wire_v1::GetLedgerInfoResponse& wire) {
  admin::LedgerInfo info;
  info.directory = wire.directory();
  info.uuid = wire.uuid();
  info.origin = wire.origin();
  info.vkey = wire.vkey();
  info.keys = wire.keys();
  info.checkpoint = wire.checkpoint();
  info.trust_domain = wire.trust_domain();
  info.size = wire.size();
  SVIDENCE_ASSIGN_OR_RETURN(info.last_leaf, DigestFromWire(wire.last_leaf()));
  info.last_at_millis = wire.last_at_millis();
  return info;
}

StatusOr<std::size_t> PageSizeFromWire(std::int32_t page_size) {
  if (page_size < 0) {
    return InvalidArgument("page size must not be negative, got " + std::to_string(page_size));
  }
  return page_size == 0 ? admin::kMaxPageEntries : static_cast<std::size_t>(page_size);
}

void ToWire(const admin::Erasure& erasure, wire_v1::EraseSponsorRequest* wire) {
  wire->set_ref(erasure.ref);
  wire->set_person(erasure.person);
  wire->set_reason(erasure.reason);
  wire->set_withdraw(erasure.withdraw);
}

admin::Erasure FromWire(const wire_v1::EraseSponsorRequest& wire) {
  return {.ref = wire.ref(),
          .person = wire.person(),
          .reason = wire.reason(),
          .withdraw = wire.withdraw()};
}

void ToWire(const admin::Erased& erased, wire_v1::EraseSponsorResponse* wire) {
  wire->set_ref(erased.ref);
  wire->set_index(erased.index);
  wire->set_already(erased.already);
  for (const std::string& name : erased.withdrawn) wire->add_withdrawn(name);
  wire->set_trouble(erased.trouble);
}

admin::Erased FromWire(const wire_v1::EraseSponsorResponse& wire) {
  return {.ref = wire.ref(),
          .index = wire.index(),
          .already = wire.already(),
          .withdrawn = {wire.withdrawn().begin(), wire.withdrawn().end()},
          .trouble = wire.trouble()};
}

void ToWire(const admin::KeyRotation& rotation, wire_v1::RotateKeyRequest* wire) {
  wire->set_source(rotation.source);
  wire->set_reason(rotation.reason);
}

admin::KeyRotation FromWire(const wire_v1::RotateKeyRequest& wire) {
  return {.source = wire.source(), .reason = wire.reason()};
}

void ToWire(const admin::Rotated& rotated, wire_v1::RotateKeyResponse* wire) {
  wire->set_index(rotated.index);
  wire->set_keys(rotated.keys);
  wire->set_checkpoint(rotated.checkpoint);
  wire->set_todo(rotated.todo);
}

admin::Rotated FromWire(const wire_v1::RotateKeyResponse& wire) {
  return {.index = wire.index(),
          .keys = wire.keys(),
          .checkpoint = wire.checkpoint(),
          .todo = wire.todo()};
}

void ToWire(const admin::EntryQuery& query, wire_v1::ListEntriesRequest* wire) {
  if (query.before) wire->set_before(*query.before);
  wire->set_page_size(static_cast<std::int32_t>(query.page_size));
  wire->set_type(query.type);
  wire->set_agent(query.agent);
  wire->set_subject(query.subject);
}

StatusOr<admin::EntryQuery> FromWire(const wire_v1::ListEntriesRequest& wire) {
  admin::EntryQuery query;
  query.before = Optional<ledger::EntryIndex>(wire.has_before(), wire.before());
  SVIDENCE_ASSIGN_OR_RETURN(query.page_size, PageSizeFromWire(wire.page_size()));
  query.type = wire.type();
  query.agent = wire.agent();
  query.subject = wire.subject();
  return query;
}

void ToWire(const admin::VerifyReport& report, wire_v1::VerifyLedgerResponse::Result* wire) {
  wire->set_intact(report.intact);
  wire->set_entries(report.entries);
  wire->set_last_leaf(DigestToWire(report.last_leaf));
  if (report.first_bad) wire->set_first_bad(*report.first_bad);
  wire->set_kind(report.kind);
  wire->set_reason(report.reason);
  wire->set_unmarked(report.unmarked);
}

StatusOr<admin::VerifyReport> FromWire(const wire_v1::VerifyLedgerResponse::Result& wire) {
  admin::VerifyReport report;
  report.intact = wire.intact();
  report.entries = wire.entries();
  SVIDENCE_ASSIGN_OR_RETURN(report.last_leaf, DigestFromWire(wire.last_leaf()));
  report.first_bad = Optional<ledger::EntryIndex>(wire.has_first_bad(), wire.first_bad());
  report.kind = wire.kind();
  report.reason = wire.reason();
  report.unmarked = wire.unmarked();
  return report;
}

}  // namespace svidence
