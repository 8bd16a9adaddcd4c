#include "plugin/adapters/grpc/config_service.h"

#include <spdlog/spdlog.h>

#include "attestors/base/spiffe_id.h"
#include "plugin/adapters/grpc/finish.h"

namespace svidence {

namespace wire = spire::service::common::config::v1;

namespace {

template <typename Request>
PluginConfig FromWire(const Request& request) {
  return {.trust_domain = request.core_configuration().trust_domain(),
          .hcl = request.hcl_configuration()};
}

Status ToStatus(const std::vector<std::string>& notes) {
  std::string message;
  for (const std::string& note : notes) {
    if (!message.empty()) message += "; ";
    message += note;
  }
  return InvalidArgument(message);
}

}  // namespace

std::vector<std::string> ConfigService::NotesOn(const PluginConfig& config) {
  // What the handler is promised comes first; it must not see anything else.
  if (const Status domain = CheckTrustDomain(config.trust_domain); !domain.ok()) {
    return {Message(domain)};
  }
  if (config.hcl.size() > kMaxHclBytes) {
    return {"plugin_data must be at most " + std::to_string(kMaxHclBytes) + " bytes, got " +
            std::to_string(config.hcl.size())};
  }
  return handler_.Validate(config);
}

Status ConfigService::Apply(const PluginConfig& config) {
  const std::lock_guard lock(one_at_a_time_);
  const std::vector<std::string> notes = NotesOn(config);
  if (!notes.empty()) return ToStatus(notes);
  SVIDENCE_RETURN_IF_ERROR(handler_.Configure(config));
  configured_(config);
  return OkStatus();
}

grpc::Status ConfigService::Configure(grpc::ServerContext* /*context*/,
                                      const wire::ConfigureRequest* request,
                                      wire::ConfigureResponse* /*response*/) {
  const Status status = Apply(FromWire(*request));
  if (status.ok())
    spdlog::info("configured trust_domain={}", request->core_configuration().trust_domain());
  return Finish("Configure", status);
}

grpc::Status ConfigService::Validate(grpc::ServerContext* /*context*/,
                                     const wire::ValidateRequest* request,
                                     wire::ValidateResponse* response) {
  const std::lock_guard lock(one_at_a_time_);
  for (const std::string& note : NotesOn(FromWire(*request))) response->add_notes(note);
  response->set_valid(response->notes().empty());
  return grpc::Status::OK;
}

}  // namespace svidence
