// The admin service: validate, delegate to the backend, convert.
#pragma once

#include <functional>
#include <string_view>

#include <grpcpp/grpcpp.h>

#include "plugin/core/admin/backend.h"
#include "svidence_admin.grpc.pb.h"

namespace svidence {

// Synchronous: its calls are few and may wait for the ledger's disk or for SPIRE.
class AdminService final : public admin::v1::Admin::Service {
 public:
  // Who is behind a connection that gRPC calls `peer`.
  using CallerOf = std::function<admin::Caller(const std::string& peer)>;

  // `backend` must outlive this object.
  AdminService(admin::Backend& backend, CallerOf caller_of)
      : backend_(backend), caller_of_(std::move(caller_of)) {}

  grpc::Status GetStatus(grpc::ServerContext* context, const admin::v1::GetStatusRequest* request,
                         admin::v1::GetStatusResponse* response) override;
  grpc::Status RegisterAgent(grpc::ServerContext* context,
                             const admin::v1::RegisterAgentRequest* request,
                             admin::v1::RegisterAgentResponse* response) override;
  grpc::Status ListAgents(grpc::ServerContext* context, const admin::v1::ListAgentsRequest* request,
                          admin::v1::ListAgentsResponse* response) override;
  grpc::Status GetAgent(grpc::ServerContext* context, const admin::v1::GetAgentRequest* request,
                        admin::v1::GetAgentResponse* response) override;
  grpc::Status PreviewRevoke(grpc::ServerContext* context,
                             const admin::v1::PreviewRevokeRequest* request,
                             admin::v1::PreviewRevokeResponse* response) override;
  grpc::Status Revoke(grpc::ServerContext* context, const admin::v1::RevokeRequest* request,
                      admin::v1::RevokeResponse* response) override;
  grpc::Status Restore(grpc::ServerContext* context, const admin::v1::RestoreRequest* request,
                       admin::v1::RestoreResponse* response) override;
  grpc::Status EraseSponsor(grpc::ServerContext* context,
                            const admin::v1::EraseSponsorRequest* request,
                            admin::v1::EraseSponsorResponse* response) override;
  grpc::Status RotateKey(grpc::ServerContext* context, const admin::v1::RotateKeyRequest* request,
                         admin::v1::RotateKeyResponse* response) override;
  grpc::Status GetLedgerInfo(grpc::ServerContext* context,
                             const admin::v1::GetLedgerInfoRequest* request,
                             admin::v1::GetLedgerInfoResponse* response) override;
  grpc::Status ListEntries(grpc::ServerContext* context,
                           const admin::v1::ListEntriesRequest* request,
                           admin::v1::ListEntriesResponse* response) override;
  grpc::Status GetEntry(grpc::ServerContext* context, const admin::v1::GetEntryRequest* request,
                        admin::v1::GetEntryResponse* response) override;
  grpc::Status ExportEntries(grpc::ServerContext* context,
                             const admin::v1::ExportEntriesRequest* request,
                             grpc::ServerWriter<admin::v1::ExportEntriesResponse>* writer) override;
  grpc::Status VerifyLedger(grpc::ServerContext* context,
                            const admin::v1::VerifyLedgerRequest* request,
                            grpc::ServerWriter<admin::v1::VerifyLedgerResponse>* writer) override;

 private:
  admin::Backend& backend_;
  CallerOf caller_of_;
};

}  // namespace svidence
