#include "plugin/adapters/grpc/host_metrics.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "spire_metrics.grpc.pb.h"

namespace svidence {

namespace wire = spire::hostservice::common::metrics::v1;

namespace {

constexpr const char* kMetricsService = "spire.hostservice.common.metrics.v1.Metrics";

// One call and what must live as long as it.
template <typename Request>
struct Call {
  grpc::ClientContext context;
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
  std::condition_variable ended;
  std::string address;  // empty: SPIRE offers no metrics service, as far as we know
  std::shared_ptr<wire::Metrics::Stub> stub;
  std::size_t under_way = 0;
  std::uint64_t dropped = 0;

  // A stub to call with, counted as under way; null if the figure is dropped.
  std::shared_ptr<wire::Metrics::Stub> Begin() {
    const std::lock_guard lock(mutex);
    if (address.empty()) return nullptr;
    if (under_way >= kMaxMetricCalls) {
      ++dropped;
      return nullptr;
    }
    // Makes an object only: the channel connects with the first call.
    if (stub == nullptr) {
      stub = wire::Metrics::NewStub(
          grpc::CreateChannel("unix:" + address, grpc::InsecureChannelCredentials()));
    }
    ++under_way;
    return stub;
  }
  void End(bool delivered) {
    const std::lock_guard lock(mutex);
    --under_way;
    if (!delivered) ++dropped;
    ended.notify_all();
  }
};

HostMetrics::HostMetrics() : state_(std::make_shared<State>()) {}

HostMetrics::~HostMetrics() {
  std::unique_lock lock(state_->mutex);
  state_->address.clear();
  state_->ended.wait_for(lock, std::chrono::milliseconds(kCallMillis),
                         [this] { return state_->under_way == 0; });
}

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
  const std::shared_ptr<wire::Metrics::Stub> stub = state_->Begin();
  if (stub == nullptr) return;
  auto call = std::make_shared<Call<Request>>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             std::chrono::milliseconds(kCallMillis));
  start(*stub->async(), *call,
        [call, stub, state = state_](const grpc::Status& status) { state->End(status.ok()); });
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

std::uint64_t HostMetrics::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace svidence
