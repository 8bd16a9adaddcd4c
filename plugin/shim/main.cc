// svidence-shim: the plugin_cmd in SPIRE's configuration. Prints the go-plugin
// handshake, keeps the socket, and passes SPIRE's connections to a daemon that
// may die and come back. docs/formats/shim-protocol.md tells how.
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <unistd.h>

#include "plugin/shim/log.h"
#include "plugin/shim/options.h"
#include "plugin/shim/process.h"
#include "plugin/shim/serve.h"

namespace svidence::shim {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

// NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
const char* Environment(const char* name) { return std::getenv(name); }

int Print(int fd, std::string_view text, int status) {
  return write(fd, text.data(), text.size()) < 0 ? kExitFailed : status;
}

int Fail(const Error& error, int status) {
  Logger(STDERR_FILENO).LogLast(Level::kError, error.text);
  return status;
}

int Main(std::span<const char* const> arguments) {
  const Result<std::string> own_path = OwnPath();
  if (!own_path.ok()) return Fail(own_path.error(), kExitFailed);
  const Result<Options> options = ParseOptions(arguments);
  const Result<PluginKind> kind = FindPluginKind(Environment);
  // Without a cookie this is a person at a terminal, else SPIRE reads JSON lines.
  if (!options.ok() && !kind.ok()) {
    return Print(STDERR_FILENO, "svidence-shim: " + options.error().text + "\n", kExitUsage);
  }
  if (!options.ok()) return Fail(options.error(), kExitUsage);
  if (options->action == Options::Action::kHelp)
    return Print(STDOUT_FILENO, HelpText(*own_path), 0);
  if (options->action == Options::Action::kVersion) {
    return Print(STDOUT_FILENO, "svidence-shim " SVIDENCE_VERSION "\n", 0);
  }
  if (!kind.ok()) {
    return Print(STDERR_FILENO, kind.error().text + "\n\n" + HowToConfigure(*own_path),
                 kExitFailed);
  }
  const Result<int> status = Serve(*options, *kind, *own_path, Environment);
  return status.ok() ? *status : Fail(status.error(), kExitFailed);
}

}  // namespace
}  // namespace svidence::shim

int main(int argc, char** argv) {
  const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
  return svidence::shim::Main(all.empty() ? all : all.subspan(1));
}
