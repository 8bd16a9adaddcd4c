#include "plugin/daemon/options.h"

#include <cstddef>

#include "attestors/base/quote.h"

namespace svidence::daemon {

StatusOr<Options> ParseOptions(std::span<const char* const> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.action = Options::Action::kHelp;
      return options;
    }
    if (argument == "--version") {
      options.action = Options::Action::kVersion;
      return options;
    }
    if (argument != "--listen") {
      return InvalidArgument("unknown option " + Quote(argument) + "; see --help");
    }
    if (++i == arguments.size() || std::string_view(arguments[i]).empty()) {
      return InvalidArgument("--listen needs the path of a socket");
    }
    if (!options.listen.empty()) return InvalidArgument("--listen must be given once");
    options.listen = arguments[i];
  }
  return options;
}

std::string HelpText(const Program& program) {
  const std::string name(program.name);
  const std::string type(program.plugin_type);
  return name + ": " + std::string(program.about) + "\n\n" + "usage: " + name +
         " [--listen SOCKET]\n\n" +
         "SPIRE does not start it, and neither do you: svidence-shim does, which stands as\n"
         "plugin_cmd in SPIRE's configuration:\n\n"
         "  " +
         type +
         " \"svidence\" {\n"
         "    plugin_cmd = \"/usr/lib/svidence/svidence-shim\"\n"
         "    plugin_data { ... }\n"
         "  }\n\n"
         "  --listen SOCKET  run beside SPIRE, e.g. as a sidecar: wait on this socket for\n"
         "                   shims that are started with --connect SOCKET, by the same user\n"
         "  --version        print the version\n"
         "  --help           print this text\n\n"
         "What plugin_data may hold stands in docs/, on the plugin's page. The log goes to\n"
         "stderr, as JSON lines.\n";
}

std::string Version() { return SVIDENCE_VERSION; }

std::string VersionText(const Program& program) {
  return std::string(program.name) + " " SVIDENCE_VERSION "\n";
}

}  // namespace svidence::daemon
