#include "plugin/adapters/grpc/config_service.h"

#include <spdlog/spdlog.h>

#include "attestors/base/spiffe_id.h"

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

UnaryCall* ConfigService::Answer(std::string_view rpc, std::function<Status()> work) {
  UnaryCall* call = UnaryCall::Start(rpc);
  const bool runs = worker_.Run([call, work = std::move(work)] { call->End(work()); });
  if (!runs) call->End(ResourceExhausted("too many calls wait for the one that configures"));
  return call;
}

grpc::ServerUnaryReactor* ConfigService::Configure(grpc::CallbackServerContext* /*context*/,
                                                   const wire::ConfigureRequest* request,
                                                   wire::ConfigureResponse* /*response*/) {
  return Answer("Configure", [this, request] {
    const PluginConfig config = FromWire(*request);
    Status status = Apply(config);
    if (status.ok()) spdlog::info("configured trust_domain={}", config.trust_domain);
    return status;
  });
}

grpc::ServerUnaryReactor* ConfigService::Validate(grpc::CallbackServerContext* /*context*/,
                                                  const wire::ValidateRequest* request,
                                                  wire::ValidateResponse* response) {
  return Answer("Validate", [this, request, response] {
    const std::lock_guard lock(one_at_a_time_);
    for (const std::string& note : NotesOn(FromWire(*request))) response->add_notes(note);
    response->set_valid(response->notes().empty());
    return OkStatus();
  });
}

}  // namespace svidence
