#include "plugin/adapters/spire/workload_client.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <utility>

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include "plugin/adapters/spire/grpc_status.h"
#include "spiffe_workload.grpc.pb.h"

namespace svidence::spire {
namespace {

// As many identities as an agent gives one workload, each with chain and bundle.
constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

Status Explain(const ::grpc::Status& status, std::string_view doing) {
  Status ours = FromGrpc(status, doing);
  if (ours.code() == StatusCode::kPermissionDenied) {
    return PermissionDenied(Message(ours) +
                            "; SPIRE has no entry whose selectors this process matches, or the "
                            "agent has not yet synced it: see `spire-server entry show`");
  }
  return ours;
}

// Moves the key out of the message and wipes what it leaves behind.
Secret TakeSecret(std::string& bytes) {
  Secret secret(bytes.size());
  std::copy(bytes.begin(), bytes.end(), secret.data());
  secret.SetSize(bytes.size());
  volatile char* const byte = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) byte[i] = 0;
  bytes.clear();
  return secret;
}

X509Update FromWire(::X509SVIDResponse& response) {
  X509Update update;
  for (::X509SVID& svid : *response.mutable_svids()) {
    X509Svid& ours = update.svids.emplace_back();
    ours.spiffe_id = std::move(*svid.mutable_spiffe_id());
    ours.chain_der = std::move(*svid.mutable_x509_svid());
    ours.key_der = TakeSecret(*svid.mutable_x509_svid_key());
    ours.bundle_der = std::move(*svid.mutable_bundle());
    ours.hint = std::move(*svid.mutable_hint());
  }
  for (auto& [trust_domain, bundle] : *response.mutable_federated_bundles()) {
    update.federated_bundles[trust_domain] = std::move(bundle);
  }
  return update;
}

}  // namespace

class WorkloadClient::Impl {
 public:
  explicit Impl(int fd) {
    ::grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    stub_ = ::SpiffeWorkloadAPI::NewStub(
        ::grpc::CreateCustomInsecureChannelFromFd("spire-agent", fd, arguments));
  }

  // A call that Cancel() can end, for as long as this object lives.
  class Call {
   public:
    Call(Impl& owner, std::int64_t timeout_millis) : owner_(owner) {
      context_.AddMetadata("workload.spiffe.io", "true");
      if (timeout_millis > 0) {
        context_.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::milliseconds(timeout_millis));
      }
      const std::scoped_lock lock(owner_.mutex_);
      if (owner_.is_cancelled_) context_.TryCancel();
      owner_.running_.insert(&context_);
    }
    ~Call() {
      const std::scoped_lock lock(owner_.mutex_);
      owner_.running_.erase(&context_);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    ::grpc::ClientContext& context() { return context_; }

   private:
    Impl& owner_;
    ::grpc::ClientContext context_;
  };

  void Cancel() {
    const std::scoped_lock lock(mutex_);
    is_cancelled_ = true;
    for (::grpc::ClientContext* context : running_) context->TryCancel();
  }

  ::SpiffeWorkloadAPI::Stub& stub() { return *stub_; }

 private:
  std::unique_ptr<::SpiffeWorkloadAPI::Stub> stub_;
  std::mutex mutex_;
  bool is_cancelled_ = false;
  std::set<::grpc::ClientContext*> running_;
};

WorkloadClient::WorkloadClient(int fd) : impl_(std::make_unique<Impl>(fd)) {}
WorkloadClient::~WorkloadClient() = default;

Status WorkloadClient::WatchX509(std::int64_t timeout_millis,
                                 const std::function<bool(X509Update)>& on_update) {
  Impl::Call call(*impl_, timeout_millis);
  const auto stream = impl_->stub().FetchX509SVID(&call.context(), {});
  ::X509SVIDResponse response;
  while (stream->Read(&response)) {
    if (on_update(FromWire(response))) continue;
    call.context().TryCancel();
    (void)stream->Finish();  // cancelled by us: not an error
    return OkStatus();
  }
  const ::grpc::Status status = stream->Finish();
  if (status.ok()) return Unavailable("fetching X.509-SVIDs: SPIRE agent ended the stream");
  return Explain(status, "fetching X.509-SVIDs");
}

StatusOr<std::vector<JwtSvid>> WorkloadClient::FetchJwt(std::span<const std::string> audience,
                                                        const std::string& spiffe_id,
                                                        std::int64_t timeout_millis) {
  ::JWTSVIDRequest request;
  for (const std::string& name : audience) request.add_audience(name);
  request.set_spiffe_id(spiffe_id);
  ::JWTSVIDResponse response;
  Impl::Call call(*impl_, timeout_millis);
  const ::grpc::Status status = impl_->stub().FetchJWTSVID(&call.context(), request, &response);
  if (!status.ok()) return Explain(status, "fetching JWT-SVIDs");
  std::vector<JwtSvid> svids;
  for (const ::JWTSVID& svid : response.svids()) {
    svids.push_back({svid.spiffe_id(), svid.svid(), svid.hint()});
  }
  return svids;
}

void WorkloadClient::Cancel() { impl_->Cancel(); }

}  // namespace svidence::spire
