#include "plugin/server/engine_backend.h"

#include <memory>
#include <utility>

#include "plugin/adapters/linux/files.h"
#include "plugin/core/admin/checks.h"
#include "plugin/daemon/options.h"

namespace svidence::server {
namespace {

void AddComposerCounters(const issuance::ComposerStats& stats, admin::StatusReport& report) {
  report.counters.push_back({"issued_x509", stats.x509});
  report.counters.push_back({"issued_jwt", stats.jwt});
  report.counters.push_back({"issued_unregistered", stats.unregistered});
  report.counters.push_back({"compose_refused", stats.refused});
  report.counters.push_back({"compose_passed", stats.passed});
}

}  // namespace

StatusOr<admin::LocalBackend> EngineBackend::Local() const {
  const std::shared_ptr<const ServerState> state = engine_.state();
  if (state == nullptr) return FailedPrecondition("not configured");
  if (state->books == nullptr) return state->refusal;
  Books& books = *state->books;
  const config::ServerSettings& settings = state->settings;
  return admin::LocalBackend({books.store(), books.committer(), books.mark(), books.registry(),
                              books.revocations(), books.sponsors(), ports_.hasher, ports_.clock,
                              &books.signer(), &books.keys(), &books.verifier()},
                             {.server_id = settings.server_id,
                              .ledger_dir = settings.ledger_dir,
                              .agent_prefix = settings.agent_prefix,
                              .allow_unsigned = settings.allow_unsigned,
                              .start_score = settings.trust.score,
                              .start_rule = settings.trust.rule,
                              .append_timeout_millis = settings.append_timeout.count()});
}

admin::StatusReport EngineBackend::Fill(admin::StatusReport report,
                                        const ServerState& state) const {
  report.version = daemon::Version();
  report.state = state.books == nullptr ? admin::State::kRefusing : admin::State::kServing;
  report.reason = Message(state.refusal);
  report.trust_domain = state.settings.trust_domain;
  report.server_id = state.settings.server_id;
  report.now_millis = ports_.clock.UnixMillis();
  report.started_millis = started_millis_;
  return report;
}

StatusOr<admin::StatusReport> EngineBackend::GetStatus() {
  const std::shared_ptr<const ServerState> state = engine_.state();
  if (state == nullptr) {
    ServerState none;
    none.refusal = FailedPrecondition("not configured");
    return Fill({}, none);
  }
  if (state->books == nullptr) return Fill({}, *state);

  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  SVIDENCE_ASSIGN_OR_RETURN(admin::StatusReport report, local.GetStatus());
  Books& books = *state->books;
  report.checks.push_back(admin::SignerCheck(OkStatus(), books.CurrentVkey()));
  report.checks.push_back(admin::SpireCheck(books.spire().Ping()));
  const ledger::CommitterStats stats = books.committer().Stats();
  const StatusOr<std::uint64_t> free = linux_os::FreeBytes(state->settings.ledger_dir);
  if (free.ok()) {
    report.checks.push_back(
        admin::DiskCheck({.free_bytes = *free,
                          .ledger_bytes = books.store().FileBytes(),
                          .entries = stats.head.size,
                          .entries_since = stats.entries,
                          .since_millis = ports_.clock.UnixMillis() - started_millis_}));
  }
  if (state->composer != nullptr) AddComposerCounters(state->composer->Stats(), report);
  return Fill(std::move(report), *state);
}

StatusOr<admin::LedgerInfo> EngineBackend::Info() {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Info();
}

StatusOr<admin::EntryPage> EngineBackend::List(const admin::EntryQuery& query) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.List(query);
}

StatusOr<std::string> EngineBackend::Get(ledger::EntryIndex index) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Get(index);
}

Status EngineBackend::Export(ledger::EntryIndex first, const admin::EntrySink& sink) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Export(first, sink);
}

StatusOr<admin::VerifyReport> EngineBackend::Verify(const admin::VerifyProgress& progress) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Verify(progress);
}

StatusOr<admin::Registered> EngineBackend::RegisterAgent(const admin::Caller& caller,
                                                         const admin::Registration& agent) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.RegisterAgent(caller, agent);
}

StatusOr<admin::AgentPage> EngineBackend::ListAgents(const admin::Caller& caller,
                                                     std::string_view after,
                                                     std::size_t page_size) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.ListAgents(caller, after, page_size);
}

StatusOr<admin::AgentDetail> EngineBackend::GetAgent(const admin::Caller& caller,
                                                     std::string_view name) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.GetAgent(caller, name);
}

StatusOr<admin::Erased> EngineBackend::EraseSponsor(const admin::Caller& caller,
                                                    const admin::Erasure& erasure) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.EraseSponsor(caller, erasure);
}

StatusOr<admin::Rotated> EngineBackend::RotateKey(const admin::Caller& caller,
                                                  const admin::KeyRotation& rotation) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.RotateKey(caller, rotation);
}

StatusOr<admin::RevokePreview> EngineBackend::PreviewRevoke(std::string_view spiffe_id) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.PreviewRevoke(spiffe_id);
}

StatusOr<admin::RevokeReport> EngineBackend::Revoke(const admin::Caller& caller,
                                                    std::string_view spiffe_id,
                                                    std::string_view reason) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Revoke(caller, spiffe_id, reason);
}

StatusOr<ledger::EntryIndex> EngineBackend::Restore(const admin::Caller& caller,
                                                    std::string_view spiffe_id,
                                                    std::string_view reason) {
  SVIDENCE_ASSIGN_OR_RETURN(admin::LocalBackend local, Local());
  return local.Restore(caller, spiffe_id, reason);
}

}  // namespace svidence::server
