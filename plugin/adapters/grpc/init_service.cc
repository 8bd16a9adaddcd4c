#include "plugin/adapters/grpc/init_service.h"

#include <spdlog/spdlog.h>

namespace svidence {

namespace wire = spire::service::priv::init::v1;

grpc::Status InitService::Init(grpc::ServerContext* /*context*/, const wire::InitRequest* request,
                               wire::InitResponse* response) {
  host_.SetNames({request->host_service_names().begin(), request->host_service_names().end()});
  for (const std::string& name : service_names_) response->add_plugin_service_names(name);
  return grpc::Status::OK;
}

grpc::Status InitService::Deinit(grpc::ServerContext* /*context*/,
                                 const wire::DeinitRequest* /*request*/,
                                 wire::DeinitResponse* /*response*/) {
  flush_();
  spdlog::debug("flushed because the host unloads the plugin");
  return grpc::Status::OK;
}

}  // namespace svidence
