#include "plugin/adapters/grpc/admin_service.h"

#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/admin_convert.h"
#include "plugin/adapters/grpc/finish.h"

namespace svidence {
namespace {

namespace wire = admin::v1;

// Every change is logged with who asked for it, as the kernel says, whether it
// was done or not.
grpc::Status FinishWrite(std::string_view method, std::string_view object,
                         const admin::Caller& caller, const Status& status) {
  spdlog::info("admin call method={} object={} pid={} uid={} gid={} user={} ok={}", method,
               Quote(object, 256), caller.pid, caller.uid, caller.gid, Quote(caller.user),
               status.ok());
  return Finish(method, status);
}

Status StreamEnded() { return {StatusCode::kCancelled, "the caller has gone"}; }

}  // namespace

grpc::Status AdminService::GetStatus(grpc::ServerContext* /*context*/,
                                     const wire::GetStatusRequest* /*request*/,
                                     wire::GetStatusResponse* response) {
  const StatusOr<admin::StatusReport> report = backend_.GetStatus();
  if (report.ok()) ToWire(*report, response);
  return Finish("GetStatus", report.status());
}

grpc::Status AdminService::RegisterAgent(grpc::ServerContext* context,
                                         const wire::RegisterAgentRequest* request,
                                         wire::RegisterAgentResponse* response) {
  const admin::Caller caller = caller_of_(context->peer());
  const StatusOr<admin::Registered> registered = backend_.RegisterAgent(caller, FromWire(*request));
  if (registered.ok()) {
    ToWire(registered->info, response->mutable_agent());
    response->set_index(registered->index);
  }
  return FinishWrite("RegisterAgent", request->name(), caller, registered.status());
}

grpc::Status AdminService::ListAgents(grpc::ServerContext* context,
                                      const wire::ListAgentsRequest* request,
                                      wire::ListAgentsResponse* response) {
  const StatusOr<std::size_t> page_size = PageSizeFromWire(request->page_size());
  if (!page_size.ok()) return Finish("ListAgents", page_size.status());
  const StatusOr<admin::AgentPage> page =
      backend_.ListAgents(caller_of_(context->peer()), request->after(), *page_size);
  if (page.ok()) {
    for (const admin::AgentInfo& info : page->agents) ToWire(info, response->add_agents());
    response->set_more(page->more);
  }
  return Finish("ListAgents", page.status());
}

grpc::Status AdminService::GetAgent(grpc::ServerContext* context,
                                    const wire::GetAgentRequest* request,
                                    wire::GetAgentResponse* response) {
  const StatusOr<admin::AgentDetail> detail =
      backend_.GetAgent(caller_of_(context->peer()), request->name());
  if (detail.ok()) {
    ToWire(detail->info, response->mutable_agent());
    for (const std::string& id : detail->revoked) response->add_revoked(id);
    response->set_more_revoked(detail->more_revoked);
  }
  return Finish("GetAgent", detail.status());
}

grpc::Status AdminService::PreviewRevoke(grpc::ServerContext* /*context*/,
                                         const wire::PreviewRevokeRequest* request,
                                         wire::PreviewRevokeResponse* response) {
  const StatusOr<admin::RevokePreview> preview = backend_.PreviewRevoke(request->spiffe_id());
  if (preview.ok()) ToWire(*preview, response);
  return Finish("PreviewRevoke", preview.status());
}

grpc::Status AdminService::Revoke(grpc::ServerContext* context, const wire::RevokeRequest* request,
                                  wire::RevokeResponse* response) {
  const admin::Caller caller = caller_of_(context->peer());
  const StatusOr<admin::RevokeReport> report =
      backend_.Revoke(caller, request->spiffe_id(), request->reason());
  if (report.ok()) ToWire(*report, response);
  return FinishWrite("Revoke", request->spiffe_id(), caller, report.status());
}

grpc::Status AdminService::Restore(grpc::ServerContext* context,
                                   const wire::RestoreRequest* request,
                                   wire::RestoreResponse* response) {
  const admin::Caller caller = caller_of_(context->peer());
  const StatusOr<ledger::EntryIndex> index =
      backend_.Restore(caller, request->spiffe_id(), request->reason());
  if (index.ok()) response->set_index(*index);
  return FinishWrite("Restore", request->spiffe_id(), caller, index.status());
}

// Logged without the person: the answer's pseudonym is what is known afterwards.
grpc::Status AdminService::EraseSponsor(grpc::ServerContext* context,
                                        const wire::EraseSponsorRequest* request,
                                        wire::EraseSponsorResponse* response) {
  const admin::Caller caller = caller_of_(context->peer());
  const StatusOr<admin::Erased> erased = backend_.EraseSponsor(caller, FromWire(*request));
  if (erased.ok()) ToWire(*erased, response);
  return FinishWrite("EraseSponsor", erased.ok() ? erased->ref : request->ref(), caller,
                     erased.status());
}

grpc::Status AdminService::RotateKey(grpc::ServerContext* context,
                                     const wire::RotateKeyRequest* request,
                                     wire::RotateKeyResponse* response) {
  const admin::Caller caller = caller_of_(context->peer());
  const StatusOr<admin::Rotated> rotated = backend_.RotateKey(caller, FromWire(*request));
  if (rotated.ok()) ToWire(*rotated, response);
  return FinishWrite("RotateKey", request->reason(), caller, rotated.status());
}

grpc::Status AdminService::GetLedgerInfo(grpc::ServerContext* /*context*/,
                                         const wire::GetLedgerInfoRequest* /*request*/,
                                         wire::GetLedgerInfoResponse* response) {
  const StatusOr<admin::LedgerInfo> info = backend_.Info();
  if (info.ok()) ToWire(*info, response);
  return Finish("GetLedgerInfo", info.status());
}

grpc::Status AdminService::ListEntries(grpc::ServerContext* /*context*/,
                                       const wire::ListEntriesRequest* request,
                                       wire::ListEntriesResponse* response) {
  const StatusOr<admin::EntryQuery> query = FromWire(*request);
  if (!query.ok()) return Finish("ListEntries", query.status());
  const StatusOr<admin::EntryPage> page = backend_.List(*query);
  if (page.ok()) {
    for (const std::string& entry : page->entries) response->add_entries(entry);
    if (page->before) response->set_before(*page->before);
  }
  return Finish("ListEntries", page.status());
}

grpc::Status AdminService::GetEntry(grpc::ServerContext* /*context*/,
                                    const wire::GetEntryRequest* request,
                                    wire::GetEntryResponse* response) {
  const StatusOr<std::string> entry = backend_.Get(request->index());
  if (entry.ok()) response->set_entry(*entry);
  return Finish("GetEntry", entry.status());
}

grpc::Status AdminService::ExportEntries(grpc::ServerContext* /*context*/,
                                         const wire::ExportEntriesRequest* request,
                                         grpc::ServerWriter<wire::ExportEntriesResponse>* writer) {
  return Finish(
      "ExportEntries",
      backend_.Export(request->first(), [writer](const std::vector<std::string>& entries) {
        wire::ExportEntriesResponse chunk;
        for (const std::string& entry : entries) chunk.add_entries(entry);
        return writer->Write(chunk) ? OkStatus() : StreamEnded();
      }));
}

grpc::Status AdminService::VerifyLedger(grpc::ServerContext* /*context*/,
                                        const wire::VerifyLedgerRequest* /*request*/,
                                        grpc::ServerWriter<wire::VerifyLedgerResponse>* writer) {
  wire::VerifyLedgerResponse message;
  const StatusOr<admin::VerifyReport> report =
      backend_.Verify([writer, &message](std::uint64_t checked, std::uint64_t total) {
        message.set_checked(checked);
        message.set_total(total);
        return writer->Write(message) ? OkStatus() : StreamEnded();
      });
  if (!report.ok()) return Finish("VerifyLedger", report.status());
  ToWire(*report, message.mutable_result());
  return Finish("VerifyLedger", writer->Write(message) ? OkStatus() : StreamEnded());
}

}  // namespace svidence
