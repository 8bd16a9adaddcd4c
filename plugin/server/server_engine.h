// The server plugin behind its services: from settings to a running issuance.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/credential_composer_service.h"
#include "plugin/adapters/grpc/plugin_config_handler.h"
#include "plugin/core/config/server_settings.h"
#include "plugin/core/issuance/composer.h"
#include "plugin/core/metrics/histogram.h"
#include "plugin/server/books.h"
#include "plugin/server/opener.h"

namespace svidence::server {

// What is in force now. Calls under way keep the one that they began with.
struct ServerState {
  config::ServerSettings settings{};
  std::shared_ptr<const Composing> composing;
  std::shared_ptr<issuance::Composer> composer;  // null while the ledger is refused
  Books* books = nullptr;                        // null while the ledger is refused
  Status refusal;                                // why; OK if it is not
};

// Thread-safe. Outlives every call that it gave an issuer to.
class ServerEngine final : public PluginConfigHandler, public ComposingSource {
 public:
  // `configured` is called after each good Configure with what is now in force.
  ServerEngine(const SystemPorts& ports,
               std::function<void(const config::ServerSettings&)> configured)
      : ports_(ports), configured_(std::move(configured)) {}

  std::vector<std::string> Validate(const PluginConfig& config) override;
  // A ledger that is refused is no error: the plugin then answers with the reason.
  // Errors: InvalidArgument, with what Validate() says, or if a setting differs
  //         that cannot change while the ledger is open.
  Status Configure(const PluginConfig& config) override;

  StatusOr<std::shared_ptr<const Composing>> Current() override;

  // Null before the first Configure.
  std::shared_ptr<const ServerState> state() const;
  const metrics::Histogram& compose_latency() const { return compose_latency_; }

 private:
  Status Reconfigure(const config::ServerSettings& settings);
  void Begin(const config::ServerSettings& settings);
  void OnOpened(std::unique_ptr<Books> books);
  // What is in force once the books are open. Needs the lock.
  std::shared_ptr<const ServerState> Serving();
  std::shared_ptr<const Composing> ComposingWith(std::shared_ptr<issuance::Issuer> issuer);
  void OnRefused(const Status& reason);
  // False if that was the reason already.
  bool Refuse(const Status& refusal);

  const SystemPorts ports_;
  const std::function<void(const config::ServerSettings&)> configured_;
  metrics::Histogram compose_latency_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ServerState> state_;
  config::ServerSettings settings_;
  std::unique_ptr<Books> books_;
  std::optional<Opener> opener_;  // last: its thread uses the rest
};

}  // namespace svidence::server
