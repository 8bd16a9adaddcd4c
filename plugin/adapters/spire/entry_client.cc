#include "plugin/adapters/spire/entry_client.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <utility>

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/spire/grpc_status.h"
#include "spire_entry.grpc.pb.h"

namespace svidence::spire {
namespace {

namespace wire = ::spire::api::server::entry::v1;

constexpr std::int32_t kPageSize = 100;
constexpr std::size_t kBatchSize = 100;
// A page of entries with many selectors each; SPIRE's own clients have no bound.
constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

revocation::SpireEntry FromWire(const ::spire::api::types::Entry& entry) {
  const auto text = [](const ::spire::api::types::SPIFFEID& id) {
    return "spiffe://" + id.trust_domain() + id.path();
  };
  revocation::SpireEntry result;
  result.id = entry.id();
  result.spiffe_id = text(entry.spiffe_id());
  result.parent_id = text(entry.parent_id());
  for (const auto& selector : entry.selectors()) {
    result.selectors.push_back(selector.type() + ":" + selector.value());
  }
  result.hint = entry.hint();
  return result;
}

wire::ListEntriesRequest ListRequest(const SpiffeId& id) {
  wire::ListEntriesRequest request;
  auto* const by_id = request.mutable_filter()->mutable_by_spiffe_id();
  by_id->set_trust_domain(std::string(id.trust_domain()));
  by_id->set_path(std::string(id.path()));
  request.mutable_output_mask()->set_spiffe_id(true);
  request.mutable_output_mask()->set_parent_id(true);
  request.mutable_output_mask()->set_selectors(true);
  request.mutable_output_mask()->set_hint(true);
  request.set_page_size(kPageSize);
  return request;
}

Status CheckResults(const wire::BatchDeleteEntryResponse& response, std::size_t asked) {
  if (static_cast<std::size_t>(response.results_size()) != asked) {
    return Internal("SPIRE answered for " + std::to_string(response.results_size()) + " of " +
                    std::to_string(asked) + " entries");
  }
  for (const auto& result : response.results()) {
    const auto code = static_cast<::grpc::StatusCode>(result.status().code());
    if (code == ::grpc::StatusCode::OK || code == ::grpc::StatusCode::NOT_FOUND) continue;
    return FromGrpc({code, result.status().message()},
                    "deleting SPIRE entry " + Quote(result.id()));
  }
  return OkStatus();
}

}  // namespace

// The calls that run, so that they can be ended.
class EntryClient::Calls {
 public:
  // Runs `call` with a connected stub and a context that Stop() can cancel.
  template <typename Call>
  Status Run(const Connect& connect, std::int64_t timeout_millis, std::string_view doing,
             const Call& call) {
    SVIDENCE_ASSIGN_OR_RETURN(const int fd, connect());
    ::grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    const auto channel = ::grpc::CreateCustomInsecureChannelFromFd("spire-server", fd, arguments);
    const auto stub = wire::Entry::NewStub(channel);
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(timeout_millis));
    if (!Enter(context)) return Unavailable("the server is stopping");
    const ::grpc::Status status = call(*stub, context);
    Leave(context);
    return FromGrpc(status, doing);
  }

  void Stop() {
    const std::scoped_lock lock(mutex_);
    is_stopped_ = true;
    for (::grpc::ClientContext* context : running_) context->TryCancel();
  }

 private:
  bool Enter(::grpc::ClientContext& context) {
    const std::scoped_lock lock(mutex_);
    if (is_stopped_) return false;
    running_.insert(&context);
    return true;
  }
  void Leave(::grpc::ClientContext& context) {
    const std::scoped_lock lock(mutex_);
    running_.erase(&context);
  }

  std::mutex mutex_;
  bool is_stopped_ = false;
  std::set<::grpc::ClientContext*> running_;
};

EntryClient::EntryClient(Connect connect, std::int64_t timeout_millis)
    : connect_(std::move(connect)),
      timeout_millis_(timeout_millis),
      calls_(std::make_unique<Calls>()) {}

EntryClient::~EntryClient() = default;

StatusOr<std::vector<revocation::SpireEntry>> EntryClient::List(const SpiffeId& id,
                                                                std::size_t max) {
  std::vector<revocation::SpireEntry> entries;
  wire::ListEntriesRequest request = ListRequest(id);
  // One round more than full pages need: the last page may be empty.
  for (std::size_t page = 0; page <= max / kPageSize + 1 && entries.size() < max; ++page) {
    wire::ListEntriesResponse response;
    SVIDENCE_RETURN_IF_ERROR(
        calls_->Run(connect_, timeout_millis_, "listing SPIRE entries",
                    [&](wire::Entry::Stub& stub, ::grpc::ClientContext& context) {
                      return stub.ListEntries(&context, request, &response);
                    }));
    for (const auto& entry : response.entries()) {
      if (entries.size() < max) entries.push_back(FromWire(entry));
    }
    if (response.next_page_token().empty()) break;
    request.set_page_token(response.next_page_token());
  }
  return entries;
}

Status EntryClient::Delete(std::span<const std::string> entry_ids) {
  Status first_error;
  while (!entry_ids.empty()) {
    const auto batch = entry_ids.first(std::min(entry_ids.size(), kBatchSize));
    entry_ids = entry_ids.subspan(batch.size());
    wire::BatchDeleteEntryRequest request;
    for (const std::string& id : batch) request.add_ids(id);
    wire::BatchDeleteEntryResponse response;
    // Not one by one: without an answer to this batch there is none to the next.
    SVIDENCE_RETURN_IF_ERROR(
        calls_->Run(connect_, timeout_millis_, "deleting SPIRE entries",
                    [&](wire::Entry::Stub& stub, ::grpc::ClientContext& context) {
                      return stub.BatchDeleteEntry(&context, request, &response);
                    }));
    const Status status = CheckResults(response, batch.size());
    if (first_error.ok()) first_error = status;
  }
  return first_error;
}

Status EntryClient::Ping() {
  wire::ListEntriesRequest request;
  request.mutable_output_mask()->set_spiffe_id(true);
  request.set_page_size(1);
  wire::ListEntriesResponse response;
  return calls_->Run(connect_, timeout_millis_, "asking SPIRE",
                     [&](wire::Entry::Stub& stub, ::grpc::ClientContext& context) {
                       return stub.ListEntries(&context, request, &response);
                     });
}

void EntryClient::Stop() { calls_->Stop(); }

}  // namespace svidence::spire
