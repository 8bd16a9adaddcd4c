// The settings of CredentialComposer "svidence", read from plugin_data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/core/config/listen_address.h"
#include "plugin/core/config/settings_reader.h"
#include "plugin/core/trust/decay.h"

namespace svidence::config {

// Start values for an agent that is registered without a signature.
struct TrustStart {
  trust::Score score = 7000;
  trust::DecayRule rule{.half_life = 86400, .floor = 1000, .hold = 0};

  friend bool operator==(const TrustStart&, const TrustStart&) = default;
};

// All paths are absolute, without "." or ".." segments or a trailing slash.
struct ServerSettings {
  std::string trust_domain;
  std::string ledger_dir;
  std::string mark_dir;     // neither the ledger's directory nor below it
  std::string log_key;      // or a key in an agent: a ledger::ParseAgentKeyName
  std::string runtime_dir;  // leaves room for "/admin.sock" in a socket address
  std::string spire_server_socket;
  std::string agent_prefix;
  std::string server_id;
  std::string oid;  // base; ".1" is the X.509 extension
  std::string jwt_claim;
  std::string log_level;  // "debug", "info", "warn" or "error"
  std::chrono::milliseconds append_timeout{0};
  bool deny_unregistered = false;  // unregistered = "deny"
  bool proof_optional = false;     // proof = "optional"
  bool allow_unsigned = false;
  bool allow_documentation_oid = false;
  TrustStart trust;
  std::optional<ListenAddress> metrics;  // nullopt: no endpoint

  friend bool operator==(const ServerSettings&, const ServerSettings&) = default;
};

// Values of environment variables; empty where unset.
struct ServerEnvironment {
  std::string runtime_directory;  // RUNTIME_DIRECTORY: systemd's, the first of its ':' list
  std::string xdg_runtime_dir;    // XDG_RUNTIME_DIR
  std::string log_key{};          // SVIDENCE_LOG_KEY: where the key is, never the key
};

// Pure: touches no file. `settings` is empty exactly if there are notes, and the
// notes are the same for Configure and for Validate.
Parsed<ServerSettings> ParseServerSettings(std::string_view hcl, std::string_view trust_domain,
                                           const ServerEnvironment& environment);

// Every key, with the default as docs/plugin_server_credentialcomposer_svidence.md
// words it; a test keeps the two equal.
std::span<const KeyDoc> ServerKeys();

}  // namespace svidence::config
