#include "plugin/server/server_engine.h"

#include <chrono>
#include <cstdlib>
#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/log/log.h"
#include "plugin/core/claims/x509_extension.h"
#include "plugin/core/issuance/refuser.h"
#include "plugin/server/timed_issuer.h"

namespace svidence::server {
namespace {

// SPIRE does not start while Configure runs, but an SVID asked for meanwhile
// would be refused: a short wait serves both.
constexpr std::chrono::seconds kOpenWait{15};
constexpr std::size_t kMaxLoggedReason = 1024;

std::string Environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this process sets the environment.
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

config::Parsed<config::ServerSettings> Parse(const PluginConfig& config) {
  const std::string directories = Environment("RUNTIME_DIRECTORY");
  return config::ParseServerSettings(
      config.hcl, config.trust_domain,
      {.runtime_directory = directories.substr(0, directories.find(':')),
       .xdg_runtime_dir = Environment("XDG_RUNTIME_DIR"),
       .log_key = Environment("SVIDENCE_LOG_KEY")});
}

// The first setting that must stay while the ledger is open; empty if none differs.
std::string_view Moved(const config::ServerSettings& a, const config::ServerSettings& b) {
  if (a.trust_domain != b.trust_domain) return "the trust domain";
  if (a.ledger_dir != b.ledger_dir) return "ledger_dir";
  if (a.mark_dir != b.mark_dir) return "mark_dir";
  if (a.log_key != b.log_key) return "log_key";
  if (a.runtime_dir != b.runtime_dir) return "runtime_dir";
  if (a.agent_prefix != b.agent_prefix) return "agent_prefix";
  if (a.spire_server_socket != b.spire_server_socket) return "spire_server_socket";
  return {};
}

}  // namespace

std::vector<std::string> ServerEngine::Validate(const PluginConfig& config) {
  return Parse(config).notes;
}

Status ServerEngine::Configure(const PluginConfig& config) {
  const config::Parsed<config::ServerSettings> parsed = Parse(config);
  SVIDENCE_RETURN_IF_ERROR(config::NotesStatus(parsed.notes));
  const config::ServerSettings& settings = *parsed.settings;
  if (state() == nullptr) {
    Begin(settings);
  } else {
    SVIDENCE_RETURN_IF_ERROR(Reconfigure(settings));
  }
  configured_(settings);
  return log::SetLevel(settings.log_level);
}

void ServerEngine::Begin(const config::ServerSettings& settings) {
  settings_ = settings;
  Refuse(FailedPrecondition("the ledger is being opened"));
  opener_.emplace(
      ports_, settings,
      Opener::Hooks{[this](std::unique_ptr<Books> books) { OnOpened(std::move(books)); },
                    [this](const Status& reason) { OnRefused(reason); }});
  opener_->AwaitFirst(kOpenWait);
}

Status ServerEngine::Reconfigure(const config::ServerSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (const std::string_view moved = Moved(settings_, settings); !moved.empty()) {
    return InvalidArgument(std::string(moved) +
                           " cannot change while SPIRE server runs: restart it");
  }
  settings_ = settings;
  if (books_ != nullptr) state_ = Serving();
  return OkStatus();
}

std::shared_ptr<const Composing> ServerEngine::ComposingWith(
    std::shared_ptr<issuance::Issuer> issuer) {
  return std::make_shared<Composing>(
      Composing{.issuer = std::make_shared<TimedIssuer>(std::move(issuer), compose_latency_),
                .extension_oid = claims::ExtensionOid(settings_.oid),
                .jwt_claim = settings_.jwt_claim});
}

std::shared_ptr<const ServerState> ServerEngine::Serving() {
  std::shared_ptr<issuance::Composer> composer = books_->MakeComposer(settings_);
  return std::make_shared<ServerState>(ServerState{.settings = settings_,
                                                   .composing = ComposingWith(composer),
                                                   .composer = composer,
                                                   .books = books_.get(),
                                                   .refusal = OkStatus()});
}

void ServerEngine::OnOpened(std::unique_ptr<Books> books) {
  const std::lock_guard lock(mutex_);
  books_ = std::move(books);
  state_ = Serving();
}

bool ServerEngine::Refuse(const Status& refusal) {
  const std::lock_guard lock(mutex_);
  if (state_ != nullptr && state_->refusal == refusal) return false;
  const issuance::IdRules ids{.trust_domain = settings_.trust_domain,
                              .agent_prefix = settings_.agent_prefix};
  state_ = std::make_shared<ServerState>(
      ServerState{.settings = settings_,
                  .composing = ComposingWith(std::make_shared<issuance::Refuser>(ids, refusal)),
                  .composer = nullptr,
                  .books = nullptr,
                  .refusal = refusal});
  return true;
}

void ServerEngine::OnRefused(const Status& reason) {
  const Status refusal = FailedPrecondition("the ledger is refused: " + Message(reason));
  // The same reason every few seconds would bury the log.
  if (!Refuse(refusal)) return;
  spdlog::error("no identity is issued under the agent prefix reason={}",
                Quote(Message(refusal), kMaxLoggedReason));
}

StatusOr<std::shared_ptr<const Composing>> ServerEngine::Current() {
  const std::shared_ptr<const ServerState> now = state();
  if (now == nullptr) return FailedPrecondition("not configured");
  return now->composing;
}

std::shared_ptr<const ServerState> ServerEngine::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace svidence::server
