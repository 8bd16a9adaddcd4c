// What plugin_args and SPIRE's environment tell the shim.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "plugin/shim/protocol.h"
#include "plugin/shim/result.h"
#include "plugin/shim/sha256.h"

namespace svidence::shim {

// The bounds of --ready-timeout-ms. SPIRE itself waits 60 s for a handshake.
constexpr int kMinReadyTimeoutMillis = 100;
constexpr int kMaxReadyTimeoutMillis = 55000;

struct Options {
  enum class Action { kRun, kHelp, kVersion };

  Action action = Action::kRun;
  std::string daemon;                  // empty: the one beside the shim
  std::optional<Sha256Digest> sha256;  // of the daemon's file
  std::string connect;                 // empty: spawn mode
  std::optional<uid_t> peer_uid;       // connect mode; absent: the shim's own
  std::chrono::milliseconds ready_timeout{kSpawnReadyTimeoutMillis};
};

// Reads the arguments after the program's name. --help and --version win over
// all that follows them.
// Errors: an unknown option, a missing, repeated or bad value, options of both modes.
Result<Options> ParseOptions(std::span<const char* const> arguments);

// What SPIRE wants this process to be.
struct PluginKind {
  std::string_view type;         // "CredentialComposer": SPIRE's word, sent to the daemon
  std::string_view daemon_file;  // the daemon's name in the shim's folder
};

// Finds the plugin type whose magic cookie is set: a variable of the type's
// name with the type's name as value. `lookup` is getenv(3) or does as it does.
// Errors: no cookie, or several.
// Source: spire-plugin-sdk 68609d83 internal/handshake.go.
Result<PluginKind> FindPluginKind(const char* (*lookup)(const char* name));

// For people. `program` is the path to write into SPIRE's configuration.
std::string HelpText(std::string_view program);
std::string HowToConfigure(std::string_view program);

}  // namespace svidence::shim
