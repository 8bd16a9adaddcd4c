#include "plugin/core/admin/local_backend.h"

#include <utility>

#include "plugin/core/admin/agents.h"
#include "plugin/core/admin/checks.h"
#include "plugin/core/admin/erasure.h"
#include "plugin/core/admin/ledger_reader.h"
#include "plugin/core/admin/rotation.h"
#include "plugin/core/registry/records.h"

namespace svidence::admin {
namespace {

// How long a revocation's answer waits to be able to tell of SPIRE's entries.
constexpr std::int64_t kDeletionWaitMillis = 3000;

Status CheckMayWrite(const Caller& caller) {
  if (caller.may_write) return OkStatus();
  return PermissionDenied("this socket is for reading only; changes need admin.sock");
}

// Nothing may keep a revocation from being made, the erasable table least of all.
std::string OperatorOrServer(const Ports& ports, const Settings& settings, const Caller& caller) {
  const StatusOr<std::string> by = OperatorOf(ports, caller);
  return by.ok() ? *by : "server:" + settings.server_id;
}

LedgerReader ReaderOf(const Ports& ports, const Settings& settings) {
  return {ports.store, ports.hasher, &ports.marks, settings.ledger_dir, ports.verifier};
}

}  // namespace

StatusOr<StatusReport> LocalBackend::GetStatus() {
  StatusReport report;
  report.state = State::kServing;
  report.server_id = settings_.server_id;
  report.now_millis = ports_.clock.UnixMillis();
  const ledger::CommitterStats committer = ports_.committer.Stats();
  const revocation::Stats revocation = ports_.revocations.GetStats();
  report.checks = {LedgerCheck(committer), RevocationCheck(revocation)};
  // A ledger that cannot be read is the check "ledger"'s to tell.
  if (const StatusOr<LedgerInfo> info = Info(); info.ok()) {
    report.trust_domain = info->trust_domain;
    report.checks.push_back(ClockCheck(report.now_millis, info->last_at_millis));
  }
  report.counters = {{"ledger_entries", committer.head.size},
                     {"ledger_batches", committer.batches},
                     {"ledger_refused", committer.refused},
                     {"agents", ports_.registry.List().size()},
                     {"revoked", ports_.registry.ListRevoked().size()},
                     {"revoked_unrecorded", revocation.unrecorded},
                     {"deletions_pending", revocation.pending_deletions},
                     {"entries_not_understood", ports_.registry.NotUnderstood()}};
  return report;
}

StatusOr<LedgerInfo> LocalBackend::Info() {
  SVIDENCE_ASSIGN_OR_RETURN(LedgerInfo info, ReaderOf(ports_, settings_).Info());
  if (ports_.signer != nullptr) info.keys = ports_.signer->schedule().Format(ports_.hasher);
  info.checkpoint = ports_.committer.Stats().checkpoint;
  return info;
}

StatusOr<EntryPage> LocalBackend::List(const EntryQuery& query) {
  return ReaderOf(ports_, settings_).List(query);
}

StatusOr<std::string> LocalBackend::Get(ledger::EntryIndex index) {
  return ReaderOf(ports_, settings_).Get(index);
}

Status LocalBackend::Export(ledger::EntryIndex first, const EntrySink& sink) {
  return ReaderOf(ports_, settings_).Export(first, sink);
}

StatusOr<VerifyReport> LocalBackend::Verify(const VerifyProgress& progress) {
  return ReaderOf(ports_, settings_).Verify(progress);
}

StatusOr<Registered> LocalBackend::RegisterAgent(const Caller& caller, const Registration& agent) {
  SVIDENCE_RETURN_IF_ERROR(CheckMayWrite(caller));
  return admin::RegisterAgent(ports_, settings_, caller, agent);
}

StatusOr<AgentPage> LocalBackend::ListAgents(const Caller& caller, std::string_view after,
                                             std::size_t page_size) {
  return admin::ListAgents(ports_, caller, after, page_size);
}

StatusOr<AgentDetail> LocalBackend::GetAgent(const Caller& caller, std::string_view name) {
  return admin::GetAgent(ports_, settings_, caller, name);
}

StatusOr<Erased> LocalBackend::EraseSponsor(const Caller& caller, const Erasure& erasure) {
  SVIDENCE_RETURN_IF_ERROR(CheckMayWrite(caller));
  return admin::EraseSponsor(ports_, settings_, caller, erasure);
}

StatusOr<Rotated> LocalBackend::RotateKey(const Caller& caller, const KeyRotation& rotation) {
  SVIDENCE_RETURN_IF_ERROR(CheckMayWrite(caller));
  return admin::RotateKey(ports_, settings_, caller, rotation);
}

StatusOr<RevokePreview> LocalBackend::PreviewRevoke(std::string_view spiffe_id) {
  SVIDENCE_ASSIGN_OR_RETURN(const SpiffeId id, SpiffeId::Parse(spiffe_id));
  SVIDENCE_RETURN_IF_ERROR(ports_.revocations.Check(id));
  RevokePreview preview;
  preview.agent = registry::AgentNameOf(id, settings_.agent_prefix);
  preview.registered = ports_.registry.Find(preview.agent) != nullptr;
  preview.revoked = ports_.registry.IsRevoked(id.text());
  StatusOr<std::vector<revocation::SpireEntry>> entries = ports_.revocations.Preview(id);
  if (entries.ok()) {
    preview.entries = *std::move(entries);
  } else {
    preview.spire_trouble = Message(entries.status());
  }
  return preview;
}

StatusOr<RevokeReport> LocalBackend::Revoke(const Caller& caller, std::string_view spiffe_id,
                                            std::string_view reason) {
  SVIDENCE_RETURN_IF_ERROR(CheckMayWrite(caller));
  SVIDENCE_ASSIGN_OR_RETURN(const SpiffeId id, SpiffeId::Parse(spiffe_id));
  RevokeReport report;
  SVIDENCE_ASSIGN_OR_RETURN(
      report.outcome, ports_.revocations.Revoke(
                          {id, std::string(reason), OperatorOrServer(ports_, settings_, caller)}));
  report.deletion = ports_.revocations.WaitForDeletion(id, kDeletionWaitMillis);
  return report;
}

StatusOr<ledger::EntryIndex> LocalBackend::Restore(const Caller& caller, std::string_view spiffe_id,
                                                   std::string_view reason) {
  SVIDENCE_RETURN_IF_ERROR(CheckMayWrite(caller));
  SVIDENCE_ASSIGN_OR_RETURN(const SpiffeId id, SpiffeId::Parse(spiffe_id));
  return ports_.revocations.Restore(
      {id, std::string(reason), OperatorOrServer(ports_, settings_, caller)});
}

}  // namespace svidence::admin
