#include "plugin/shim/options.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "plugin/shim/log.h"

namespace svidence::shim {
namespace {

constexpr std::array<PluginKind, 2> kKinds = {
    PluginKind{.type = "WorkloadAttestor", .daemon_file = "svidence-agent"},
    PluginKind{.type = "CredentialComposer", .daemon_file = "svidence-server"}};

Error Bad(std::string text) { return {.text = std::move(text)}; }

std::optional<std::int64_t> ParseNumber(std::string_view text, std::int64_t low,
                                        std::int64_t high) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < low || number > high) return std::nullopt;
  return number;
}

// One option's value into `options`; the text says what is wrong with it.
using Setter = std::string (*)(std::string_view value, Options& options);

std::string SetDaemon(std::string_view value, Options& options) {
  options.daemon = value;
  return value.empty() ? "must be the path of a program" : "";
}

std::string SetSha256(std::string_view value, Options& options) {
  options.sha256 = ParseSha256(value);
  return options.sha256 ? "" : "must be 64 hexadecimal digits, as sha256sum prints them";
}

std::string SetConnect(std::string_view value, Options& options) {
  options.connect = value;
  return value.empty() ? "must be the path of the daemon's socket" : "";
}

std::string SetPeerUid(std::string_view value, Options& options) {
  // The largest uid_t means "no user" to the kernel.
  constexpr std::int64_t kMaxUid = std::numeric_limits<uid_t>::max() - 1;
  const std::optional<std::int64_t> uid = ParseNumber(value, 0, kMaxUid);
  if (!uid) return "must be a user id between 0 and " + std::to_string(kMaxUid);
  options.peer_uid = static_cast<uid_t>(*uid);
  return "";
}

std::string SetReadyTimeout(std::string_view value, Options& options) {
  const std::optional<std::int64_t> millis =
      ParseNumber(value, kMinReadyTimeoutMillis, kMaxReadyTimeoutMillis);
  if (!millis) {
    return "must be milliseconds between " + std::to_string(kMinReadyTimeoutMillis) + " and " +
           std::to_string(kMaxReadyTimeoutMillis);
  }
  options.ready_timeout = std::chrono::milliseconds(*millis);
  return "";
}

struct Option {
  std::string_view name;
  Setter set = nullptr;
};

constexpr std::array<Option, 5> kOptions = {
    Option{.name = "--daemon", .set = SetDaemon}, Option{.name = "--sha256", .set = SetSha256},
    Option{.name = "--connect", .set = SetConnect}, Option{.name = "--peer-uid", .set = SetPeerUid},
    Option{.name = "--ready-timeout-ms", .set = SetReadyTimeout}};

constexpr std::size_t IndexOf(std::string_view name) {
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    if (kOptions[i].name == name) return i;
  }
  return kOptions.size();
}

using Seen = std::array<bool, kOptions.size()>;

// Reads the option at the front of `arguments`; the value is how many of them
// it has taken.
Result<std::size_t> TakeOption(std::span<const char* const> arguments, Options& options,
                               Seen& seen) {
  const std::string_view first = arguments.front();
  const std::size_t equals = first.find('=');
  const bool joined = equals != std::string_view::npos;
  std::string name(first.substr(0, equals));
  const std::size_t index = IndexOf(name);
  if (index == kOptions.size()) return Bad("unknown option " + Quote(first) + "; see --help");
  if (seen[index]) return Bad(name + " is given twice");
  seen[index] = true;
  if (!joined && arguments.size() == 1) return Bad(name + " needs a value");
  const std::string problem =
      kOptions[index].set(joined ? first.substr(equals + 1) : arguments[1], options);
  if (!problem.empty()) return Bad(name.append(" ").append(problem));
  return joined ? 1U : 2U;
}

std::optional<Error> FindConflict(const Options& options, const Seen& seen) {
  const auto given = [&seen](std::string_view name) { return seen[IndexOf(name)]; };
  if (!options.connect.empty() && (given("--daemon") || given("--sha256"))) {
    return Bad("--connect leaves the daemon to whoever started it: drop --daemon and --sha256");
  }
  if (options.connect.empty() && given("--peer-uid")) {
    return Bad("--peer-uid goes with --connect only");
  }
  return std::nullopt;
}

}  // namespace

Result<Options> ParseOptions(std::span<const char* const> arguments) {
  Options options;
  Seen seen{};
  while (!arguments.empty()) {
    const std::string_view first = arguments.front();
    if (first == "--help" || first == "-h") options.action = Options::Action::kHelp;
    if (first == "--version") options.action = Options::Action::kVersion;
    if (options.action != Options::Action::kRun) return options;
    const Result<std::size_t> taken = TakeOption(arguments, options, seen);
    if (!taken.ok()) return taken.error();
    arguments = arguments.subspan(*taken);
  }
  if (std::optional<Error> conflict = FindConflict(options, seen)) return *std::move(conflict);
  if (!options.connect.empty() && !seen[IndexOf("--ready-timeout-ms")]) {
    options.ready_timeout = std::chrono::milliseconds(kConnectReadyTimeoutMillis);
  }
  return options;
}

Result<PluginKind> FindPluginKind(const char* (*lookup)(const char* name)) {
  const PluginKind* found = nullptr;
  for (const PluginKind& kind : kKinds) {
    const char* const value = lookup(std::string(kind.type).c_str());
    if (value == nullptr || kind.type != value) continue;
    if (found != nullptr) {
      return Bad("both " + std::string(found->type) + " and " + std::string(kind.type) +
                 " are set in the environment; unset them before SPIRE starts");
    }
    found = &kind;
  }
  if (found == nullptr) return Bad("no plugin type in the environment");
  return *found;
}

std::string HowToConfigure(std::string_view program) {
  const std::string command = "      plugin_cmd = \"" + std::string(program) + "\"\n";
  return "svidence-shim is a SPIRE plugin: SPIRE starts it, not a person. Name it in the\n"
         "configuration of the SPIRE server, of every SPIRE agent, or of both:\n"
         "\n"
         "  plugins {\n"
         "    CredentialComposer \"svidence\" {     # server.conf\n" +
         command +
         "      plugin_data { ledger_dir = \"/var/lib/svidence/ledger\" }\n"
         "    }\n"
         "  }\n"
         "\n"
         "  plugins {\n"
         "    WorkloadAttestor \"svidence\" {       # agent.conf\n" +
         command +
         "      plugin_data {}\n"
         "    }\n"
         "  }\n"
         "\n"
         "Its options go into plugin_args; svidence-shim --help lists them.\n";
}

std::string HelpText(std::string_view program) {
  return HowToConfigure(program) +
         "\n"
         "The shim starts svidence-server (CredentialComposer) or svidence-agent\n"
         "(WorkloadAttestor), starts it again when it dies or hangs, and passes SPIRE's\n"
         "connections to it.\n"
         "\n"
         "  --daemon PATH          the daemon; default: the one in the shim's own folder\n"
         "  --sha256 HEX           run the daemon only if its file has this SHA-256\n"
         "  --connect SOCKET       start none: use the daemon that listens on SOCKET\n"
         "  --peer-uid UID         the user that daemon runs as; default: the shim's own\n"
         "  --ready-timeout-ms N   how long SPIRE's start waits for the daemon to be ready;\n"
         "                         default 20000, with --connect 50000 (100 to 55000)\n"
         "  --help, --version      print this text, or the version, and exit\n"
         "\n"
         "Exit status: 0 SPIRE has ended the plugin, 1 no daemon or not started by SPIRE,\n"
         "2 wrong option.\n";
}

}  // namespace svidence::shim
