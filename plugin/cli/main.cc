// svidence: the command line tool.
#include <csignal>
#include <string>
#include <vector>

#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/cli/app.h"
#include "plugin/cli/system.h"

int main(int argc, char** argv) {
  using namespace svidence;
  // A reader that went away is an error of a write, not the end of a file half written.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): SIG_IGN cannot fail here
  const linux_os::SystemClock clock;
  const StatusOr<openssl::OpenSslHasher> hasher = openssl::OpenSslHasher::Create();
  if (!hasher.ok()) return cli::kUsage;
  const cli::Environment env = cli::SystemEnvironment(clock, *hasher);
  return cli::RunCli(env, std::vector<std::string>(argv + 1, argv + argc));
}
