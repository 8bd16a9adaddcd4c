// The admin contract over a connection to a running server.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"

namespace svidence {

// Thread-safe. A Caller that is passed in is ignored: the server looks for itself.
// Errors are those that the server answers; Unavailable if it ends meanwhile.
class AdminClient final : public admin::Backend {
 public:
  // Owns `fd`, a connected socket of an AdminServer. `timeout_millis` bounds each
  // call but Export and Verify, which take as long as the ledger is.
  explicit AdminClient(int fd, std::int64_t timeout_millis = 30000);
  ~AdminClient() override;
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

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
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence
