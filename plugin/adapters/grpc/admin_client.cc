#include "plugin/adapters/grpc/admin_client.h"

#include <chrono>
#include <utility>

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include "plugin/adapters/grpc/admin_convert.h"
#include "svidence_admin.grpc.pb.h"

namespace svidence {
namespace {

namespace wire = admin::v1;

Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return OkStatus();
  return {static_cast<StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace

class AdminClient::Impl {
 public:
  Impl(int fd, std::int64_t timeout_millis)
      : stub_(wire::Admin::NewStub(grpc::CreateInsecureChannelFromFd("svidence-server", fd))),
        timeout_millis_(timeout_millis) {}

  // One call of `method` with a deadline.
  template <typename Request, typename Response>
  StatusOr<Response> Call(grpc::Status (wire::Admin::Stub::*method)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                          const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(timeout_millis_));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    return response;
  }

  // Gives each message to `on_message` until one is refused.
  template <typename Message>
  static Status ReadAll(grpc::ClientContext& context, grpc::ClientReader<Message>& stream,
                        const std::function<Status(const Message&)>& on_message) {
    Message message;
    while (stream.Read(&message)) {
      Status status = on_message(message);
      if (status.ok()) continue;
      context.TryCancel();
      (void)stream.Finish();  // cancelled by us; the reason is `status`
      return status;
    }
    return FromGrpc(stream.Finish());
  }

  wire::Admin::Stub& stub() { return *stub_; }

 private:
  std::unique_ptr<wire::Admin::Stub> stub_;
  std::int64_t timeout_millis_;
};

AdminClient::AdminClient(int fd, std::int64_t timeout_millis)
    : impl_(std::make_unique<Impl>(fd, timeout_millis)) {}
AdminClient::~AdminClient() = default;

StatusOr<admin::StatusReport> AdminClient::GetStatus() {
  SVIDENCE_ASSIGN_OR_RETURN(const wire::GetStatusResponse response,
                            impl_->Call(&wire::Admin::Stub::GetStatus, wire::GetStatusRequest()));
  return FromWire(response);
}

StatusOr<admin::LedgerInfo> AdminClient::Info() {
  SVIDENCE_ASSIGN_OR_RETURN(
      const wire::GetLedgerInfoResponse response,
      impl_->Call(&wire::Admin::Stub::GetLedgerInfo, wire::GetLedgerInfoRequest()));
  return FromWire(response);
}

StatusOr<admin::EntryPage> AdminClient::List(const admin::EntryQuery& query) {
  wire::ListEntriesRequest request;
  ToWire(query, &request);
  SVIDENCE_ASSIGN_OR_RETURN(const wire::ListEntriesResponse response,
                            impl_->Call(&wire::Admin::Stub::ListEntries, request));
  admin::EntryPage page;
  page.entries.assign(response.entries().begin(), response.entries().end());
  if (response.has_before()) page.before = response.before();
  return page;
}

StatusOr<std::string> AdminClient::Get(ledger::EntryIndex index) {
  wire::GetEntryRequest request;
  request.set_index(index);
  SVIDENCE_ASSIGN_OR_RETURN(const wire::GetEntryResponse response,
                            impl_->Call(&wire::Admin::Stub::GetEntry, request));
  return response.entry();
}

Status AdminClient::Export(ledger::EntryIndex first, const admin::EntrySink& sink) {
  wire::ExportEntriesRequest request;
  request.set_first(first);
  grpc::ClientContext context;
  const auto stream = impl_->stub().ExportEntries(&context, request);
  return Impl::ReadAll<wire::ExportEntriesResponse>(
      context, *stream, [&sink](const wire::ExportEntriesResponse& chunk) {
        return sink({chunk.entries().begin(), chunk.entries().end()});
      });
}

StatusOr<admin::VerifyReport> AdminClient::Verify(const admin::VerifyProgress& progress) {
  grpc::ClientContext context;
  const auto stream = impl_->stub().VerifyLedger(&context, wire::VerifyLedgerRequest());
  std::optional<wire::VerifyLedgerResponse::Result> result;
  SVIDENCE_RETURN_IF_ERROR(Impl::ReadAll<wire::VerifyLedgerResponse>(
      context, *stream, [&](const wire::VerifyLedgerResponse& message) {
        if (message.has_result()) result = message.result();
        return progress(message.checked(), message.total());
      }));
  if (!result) return Internal("the server ended the verification without a result");
  return FromWire(*result);
}

StatusOr<admin::Registered> AdminClient::RegisterAgent(const admin::Caller& /*caller*/,
                                                       const admin::Registration& agent) {
  wire::RegisterAgentRequest request;
  ToWire(agent, &request);
  SVIDENCE_ASSIGN_OR_RETURN(const wire::RegisterAgentResponse response,
                            impl_->Call(&wire::Admin::Stub::RegisterAgent, request));
  return admin::Registered{FromWire(response.agent()), response.index()};
}

StatusOr<admin::AgentPage> AdminClient::ListAgents(const admin::Caller& /*caller*/,
                                                   std::string_view after, std::size_t page_size) {
  wire::ListAgentsRequest request;
  request.set_after(std::string(after));
  request.set_page_size(static_cast<std::int32_t>(page_size));
  SVIDENCE_ASSIGN_OR_RETURN(const wire::ListAgentsResponse response,
                            impl_->Call(&wire::Admin::Stub::ListAgents, request));
  admin::AgentPage page;
  for (const wire::Agent& agent : response.agents()) page.agents.push_back(FromWire(agent));
  page.more = response.more();
  return page;
}

StatusOr<admin::AgentDetail> AdminClient::GetAgent(const admin::Caller& /*caller*/,
                                                   std::string_view name) {
  wire::GetAgentRequest request;
  request.set_name(std::string(name));
  SVIDENCE_ASSIGN_OR_RETURN(const wire::GetAgentResponse response,
                            impl_->Call(&wire::Admin::Stub::GetAgent, request));
  return admin::AgentDetail{FromWire(response.agent()),
                            {response.revoked().begin(), response.revoked().end()},
                            response.more_revoked()};
}

StatusOr<admin::Erased> AdminClient::EraseSponsor(const admin::Caller& /*caller*/,
                                                  const admin::Erasure& erasure) {
  wire::EraseSponsorRequest request;
  ToWire(erasure, &request);
  SVIDENCE_ASSIGN_OR_RETURN(const wire::EraseSponsorResponse response,
                            impl_->Call(&wire::Admin::Stub::EraseSponsor, request));
  return FromWire(response);
}

StatusOr<admin::Rotated> AdminClient::RotateKey(const admin::Caller& /*caller*/,
                                                const admin::KeyRotation& rotation) {
  wire::RotateKeyRequest request;
  ToWire(rotation, &request);
  SVIDENCE_ASSIGN_OR_RETURN(const wire::RotateKeyResponse response,
                            impl_->Call(&wire::Admin::Stub::RotateKey, request));
  return FromWire(response);
}

StatusOr<admin::RevokePreview> AdminClient::PreviewRevoke(std::string_view spiffe_id) {
  wire::PreviewRevokeRequest request;
  request.set_spiffe_id(std::string(spiffe_id));
  SVIDENCE_ASSIGN_OR_RETURN(const wire::PreviewRevokeResponse response,
                            impl_->Call(&wire::Admin::Stub::PreviewRevoke, request));
  return FromWire(response);
}

StatusOr<admin::RevokeReport> AdminClient::Revoke(const admin::Caller& /*caller*/,
                                                  std::string_view spiffe_id,
                                                  std::string_view reason) {
  wire::RevokeRequest request;
  request.set_spiffe_id(std::string(spiffe_id));
  request.set_reason(std::string(reason));
  SVIDENCE_ASSIGN_OR_RETURN(const wire::RevokeResponse response,
                            impl_->Call(&wire::Admin::Stub::Revoke, request));
  return FromWire(response);
}

StatusOr<ledger::EntryIndex> AdminClient::Restore(const admin::Caller& /*caller*/,
                                                  std::string_view spiffe_id,
                                                  std::string_view reason) {
  wire::RestoreRequest request;
  request.set_spiffe_id(std::string(spiffe_id));
  request.set_reason(std::string(reason));
  SVIDENCE_ASSIGN_OR_RETURN(const wire::RestoreResponse response,
                            impl_->Call(&wire::Admin::Stub::Restore, request));
  return response.index();
}

}  // namespace svidence
