#include "plugin/adapters/grpc/init_service.h"

#include <spdlog/spdlog.h>

#include "plugin/adapters/grpc/unary_call.h"

namespace svidence {

namespace wire = spire::service::priv::init::v1;

grpc::ServerUnaryReactor* InitService::Init(grpc::CallbackServerContext* /*context*/,
                                            const wire::InitRequest* request,
                                            wire::InitResponse* response) {
  UnaryCall* call = UnaryCall::Start("Init");
  host_.SetNames({request->host_service_names().begin(), request->host_service_names().end()});
  for (const std::string& name : service_names_) response->add_plugin_service_names(name);
  call->End(OkStatus());
  return call;
}

grpc::ServerUnaryReactor* InitService::Deinit(grpc::CallbackServerContext* /*context*/,
                                              const wire::DeinitRequest* /*request*/,
                                              wire::DeinitResponse* /*response*/) {
  UnaryCall* call = UnaryCall::Start("Deinit");
  const bool runs = worker_.Run([this, call] {
    flush_();
    spdlog::debug("flushed because the host unloads the plugin");
    call->End(OkStatus());
  });
  if (!runs) call->End(ResourceExhausted("too many calls wait for the flush"));
  return call;
}

}  // namespace svidence
