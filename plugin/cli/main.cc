// svidence: the command line tool.
#include <csignal>
#include <string>
#include <vector>

#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/cli/app.h"
#include "plugin/cli/system.h"

int main(int argc, char** argv) {
  // A reader that went away is an error of a write, not the end of a file half written.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): SIG_IGN cannot fail here
  const svidence::linux_os::SystemClock clock;
  const svidence::StatusOr<svidence::openssl::OpenSslHasher> hasher =
      svidence::openssl::OpenSslHasher::Create();
  if (!hasher.ok()) return svidence::cli::kUsage;
  const svidence::cli::Environment env = svidence::cli::SystemEnvironment(clock, *hasher);
  return svidence::cli::RunCli(env, std::vector<std::string>(argv + 1, argv + argc));
}
