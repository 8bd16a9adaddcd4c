// Administration of the server in every state that it can be in.
#pragma once

#include <string>
#include <string_view>

#include "plugin/core/admin/backend.h"
#include "plugin/core/admin/local_backend.h"
#include "plugin/server/server_engine.h"

namespace svidence::server {

// Thread-safe. While the ledger is refused only GetStatus answers, and says why;
// the other calls give that reason as FailedPrecondition.
class EngineBackend final : public admin::Backend {
 public:
  // Both must outlive this object and its calls.
  EngineBackend(const ServerEngine& engine, const SystemPorts& ports)
      : engine_(engine), ports_(ports), started_millis_(ports.clock.UnixMillis()) {}

  StatusOr<admin::StatusReport> GetStatus() override;

  StatusOr<admin::LedgerInfo> Info() override;
  StatusOr<admin::EntryPage> List(const admin::EntryQuery& query) override;
  StatusOr<std::string> Get(ledger::EntryIndex index) override;
  Status Export(ledger::EntryIndex first, const admin::EntrySink& sink) override;
  StatusOr<admin::VerifyReport> Verify(const admin::VerifyProgress& progress) override;

  StatusOr<admin::Registered> RegisterAgent(const admin::Caller& caller,
                                            const admin::Registration& agent) override;
  StatusOr<admin::AgentPage> ListAgents(const admin::Caller& caller, std::string_view after,
                                        std::size_t page_size) override;
  StatusOr<admin::AgentDetail> GetAgent(const admin::Caller& caller,
                                        std::string_view name) override;

  StatusOr<admin::Erased> EraseSponsor(const admin::Caller& caller,
                                       const admin::Erasure& erasure) override;

  StatusOr<admin::Rotated> RotateKey(const admin::Caller& caller,
                                     const admin::KeyRotation& rotation) override;

  StatusOr<admin::RevokePreview> PreviewRevoke(std::string_view spiffe_id) override;
  StatusOr<admin::RevokeReport> Revoke(const admin::Caller& caller, std::string_view spiffe_id,
                                       std::string_view reason) override;
  StatusOr<ledger::EntryIndex> Restore(const admin::Caller& caller, std::string_view spiffe_id,
                                       std::string_view reason) override;

 private:
  // Errors: FailedPrecondition, with the reason, while the ledger is not open.
  StatusOr<admin::LocalBackend> Local() const;
  admin::StatusReport Fill(admin::StatusReport report, const ServerState& state) const;

  const ServerEngine& engine_;
  const SystemPorts ports_;
  const std::int64_t started_millis_;
};

}  // namespace svidence::server
