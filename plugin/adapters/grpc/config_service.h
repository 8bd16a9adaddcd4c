// SPIRE's Config service over a plugin's PluginConfigHandler.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "plugin/adapters/grpc/blocking_worker.h"
#include "plugin/adapters/grpc/plugin_config_handler.h"
#include "plugin/adapters/grpc/unary_call.h"
#include "spire_config.grpc.pb.h"

namespace svidence {

// Longest `plugin_data`, in bytes. It also has to fit the state that the shim
// keeps for the next daemon.
constexpr std::size_t kMaxHclBytes = std::size_t{1024} * 1024;

// Thread-safe.
class ConfigService final : public spire::service::common::config::v1::Config::CallbackService {
 public:
  // `configured` is called after each success, before SPIRE has its answer.
  // `handler` must outlive the gRPC server.
  ConfigService(PluginConfigHandler& handler, std::function<void(const PluginConfig&)> configured)
      : handler_(handler), configured_(std::move(configured)) {}

  // Configures the plugin as Configure does, but without a call of SPIRE's.
  // Errors: InvalidArgument with the notes of Validate; those of the handler.
  Status Apply(const PluginConfig& config);

  // Source: spire-plugin-sdk, config.proto.
  // Errors: those of Apply; ResourceExhausted after a flood of calls.
  grpc::ServerUnaryReactor* Configure(
      grpc::CallbackServerContext* context,
      const spire::service::common::config::v1::ConfigureRequest* request,
      spire::service::common::config::v1::ConfigureResponse* response) override;
  // No notes if the configuration is good: SPIRE takes any note for a "no".
  // Errors: ResourceExhausted after a flood of calls.
  grpc::ServerUnaryReactor* Validate(
      grpc::CallbackServerContext* context,
      const spire::service::common::config::v1::ValidateRequest* request,
      spire::service::common::config::v1::ValidateResponse* response) override;

 private:
  // Runs `work`, whose status ends the call, where it may block.
  UnaryCall* Answer(std::string_view rpc, std::function<Status()> work);
  std::vector<std::string> NotesOn(const PluginConfig& config);

  PluginConfigHandler& handler_;
  const std::function<void(const PluginConfig&)> configured_;
  // Held while the handler works: it is promised one call at a time.
  std::mutex one_at_a_time_;
  BlockingWorker worker_;  // configuring reads files and replays a ledger
};

}  // namespace svidence
