// The command line of a daemon.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::daemon {

// Which daemon it is.
struct Program {
  std::string_view name;         // "svidence-server"
  std::string_view plugin_type;  // SPIRE's word: "CredentialComposer"
  std::string_view about;        // one sentence for --help
};

struct Options {
  enum class Action : std::uint8_t { kServe, kHelp, kVersion };

  Action action = Action::kServe;
  std::string listen;  // where shims connect; empty: the shim that started us
};

// Reads the arguments after the program's name.
// Errors: InvalidArgument for an unknown option, a missing or repeated value.
StatusOr<Options> ParseOptions(std::span<const char* const> arguments);

// For people, on a terminal.
std::string HelpText(const Program& program);
std::string VersionText(const Program& program);

// The version of this build, e.g. "0.1.0".
std::string Version();

}  // namespace svidence::daemon
