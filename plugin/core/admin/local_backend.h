// Administration of the server in this process.
#pragma once

#include <string_view>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/admin/ports.h"

namespace svidence::admin {

// Thread-safe, cheap to make. Knows a server that serves, and no other state.
class LocalBackend final : public Backend {
 public:
  // The ports must outlive this object and its calls.
  LocalBackend(const Ports& ports, Settings settings)
      : ports_(ports), settings_(std::move(settings)) {}

  // The checks "ledger", "revocation" and "clock", the counters of ledger,
  // registry and revocation, and the time; the rest is the caller's to fill in.
  StatusOr<StatusReport> GetStatus() override;

  StatusOr<LedgerInfo> Info() override;
  StatusOr<EntryPage> List(const EntryQuery& query) override;
  StatusOr<std::string> Get(ledger::EntryIndex index) override;
  Status Export(ledger::EntryIndex first, const EntrySink& sink) override;
  StatusOr<VerifyReport> Verify(const VerifyProgress& progress) override;

  StatusOr<Registered> RegisterAgent(const Caller& caller, const Registration& agent) override;
  StatusOr<AgentPage> ListAgents(const Caller& caller, std::string_view after,
                                 std::size_t page_size) override;
  StatusOr<AgentDetail> GetAgent(const Caller& caller, std::string_view name) override;

  StatusOr<Erased> EraseSponsor(const Caller& caller, const Erasure& erasure) override;

  StatusOr<Rotated> RotateKey(const Caller& caller, const KeyRotation& rotation) override;

  StatusOr<RevokePreview> PreviewRevoke(std::string_view spiffe_id) override;
  StatusOr<RevokeReport> Revoke(const Caller& caller, std::string_view spiffe_id,
                                std::string_view reason) override;
  StatusOr<ledger::EntryIndex> Restore(const Caller& caller, std::string_view spiffe_id,
                                       std::string_view reason) override;

 private:
  const Ports ports_;
  const Settings settings_;
};

}  // namespace svidence::admin
