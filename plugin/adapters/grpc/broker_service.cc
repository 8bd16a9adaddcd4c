#include "plugin/adapters/grpc/broker_service.h"

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

// Deletes itself when gRPC is done with it, as reactors do.
class BrokerStream final : public grpc::ServerBidiReactor<plugin::ConnInfo, plugin::ConnInfo> {
 public:
  explicit BrokerStream(HostServicesRecord& host) : host_(host) { StartRead(&info_); }

  // Not ok: the host will send no more. It still counts on the stream.
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (info_.service_id() == kHostServiceId) Remember();
    StartRead(&info_);
  }
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void Remember() {
    if (info_.network() == "unix" && host_.SetAddress(info_.address())) return;
    spdlog::warn("host services ignored network={} address={}", Quote(info_.network()),
                 Quote(info_.address()));
  }

  HostServicesRecord& host_;
  plugin::ConnInfo info_;
};

}  // namespace

grpc::ServerBidiReactor<plugin::ConnInfo, plugin::ConnInfo>* BrokerService::StartStream(
    grpc::CallbackServerContext* /*context*/) {
  return new BrokerStream(host_);
}

}  // namespace svidence
