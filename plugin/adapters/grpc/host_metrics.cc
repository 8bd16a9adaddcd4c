#include "plugin/adapters/grpc/host_metrics.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "spire_metrics.grpc.pb.h"

namespace svidence {

namespace wire = spire::hostservice::common::metrics::v1;

namespace {

constexpr const char* kMetricsService = "spire.hostservice.common.metrics.v1.Metrics";

template <typename Request>
struct MetricCall final : PendingCall {
  Request request;
  google::protobuf::Empty response;
};

template <typename Request>
Request ToWire(std::vector<std::string> key, float value, std::vector<MetricLabel> labels) {
  Request request;
  for (std::string& part : key) request.add_key(std::move(part));
  request.set_val(value);
  for (MetricLabel& label : labels) {
    wire::Label* const to = request.add_labels();
    to->set_name(std::move(label.name));
    to->set_value(std::move(label.value));
  }
  return request;
}

}  // namespace

struct HostMetrics::State {
  std::mutex mutex;
  std::string address;  // empty: SPIRE offers no metrics service, as far as we know
  std::shared_ptr<wire::Metrics::Stub> stub;
  std::atomic<std::uint64_t> dropped = 0;

  // Null while SPIRE offers no metrics service.
  std::shared_ptr<wire::Metrics::Stub> Stub() {
    const std::lock_guard lock(mutex);
    if (stub == nullptr && !address.empty()) {
      // Makes an object only: the channel connects with the first call.
      stub = wire::Metrics::NewStub(
          grpc::CreateChannel("unix:" + address, grpc::InsecureChannelCredentials()));
    }
    return stub;
  }
};

HostMetrics::HostMetrics() : state_(std::make_unique<State>()) {}

HostMetrics::~HostMetrics() = default;

void HostMetrics::SetHost(const HostServices& host) {
  const bool offered =
      std::find(host.names.begin(), host.names.end(), kMetricsService) != host.names.end();
  const std::string address = offered ? host.address : std::string();
  const std::lock_guard lock(state_->mutex);
  if (state_->address == address) return;
  state_->address = address;
  state_->stub.reset();
}

template <typename Request, typename Start>
void HostMetrics::Send(Request request, const Start& start) {
  const std::shared_ptr<wire::Metrics::Stub> stub = state_->Stub();
  if (stub == nullptr) return;
  auto owned = std::make_unique<MetricCall<Request>>();
  MetricCall<Request>& call = *owned;
  call.request = std::move(request);
  call.context.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::milliseconds(kCallMillis));
  std::optional<CallSet::Done> done =
      calls_.Add(std::move(owned), [this](const grpc::Status& status) {
        if (!status.ok()) ++state_->dropped;
      });
  if (!done) {
    ++state_->dropped;
    return;
  }
  start(*stub->async(), call, *std::move(done));
}

void HostMetrics::IncrCounter(std::vector<std::string> key, float by,
                              std::vector<MetricLabel> labels) {
  Send(ToWire<wire::IncrCounterRequest>(std::move(key), by, std::move(labels)),
       [](auto& stub, auto& call, auto done) {
         stub.IncrCounter(&call.context, &call.request, &call.response, std::move(done));
       });
}

void HostMetrics::SetGauge(std::vector<std::string> key, float value,
                           std::vector<MetricLabel> labels) {
  Send(ToWire<wire::SetGaugeRequest>(std::move(key), value, std::move(labels)),
       [](auto& stub, auto& call, auto done) {
         stub.SetGauge(&call.context, &call.request, &call.response, std::move(done));
       });
}

void HostMetrics::AddSample(std::vector<std::string> key, float value,
                            std::vector<MetricLabel> labels) {
  Send(ToWire<wire::AddSampleRequest>(std::move(key), value, std::move(labels)),
       [](auto& stub, auto& call, auto done) {
         stub.AddSample(&call.context, &call.request, &call.response, std::move(done));
       });
}

std::uint64_t HostMetrics::dropped() const { return state_->dropped; }

}  // namespace svidence
