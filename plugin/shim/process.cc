#include "plugin/shim/process.h"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace svidence::shim {

std::optional<Error> SetUpDescriptors() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so.
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return Error{.text = Explain("opening /dev/null", errno)};
  // The lowest free number is taken: while one of 0 to 2 is free, that one.
  while (null <= STDERR_FILENO) {
    null = dup(null);
    if (null < 0) return Error{.text = Explain("opening /dev/null", errno)};
  }
  if (dup2(null, STDIN_FILENO) < 0) return Error{.text = Explain("setting stdin", errno)};
  // Before Linux 5.9 there is no such call; then they stay open, close-on-exec
  // or not, as SPIRE left them: Go marks all of its own.
  (void)close_range(STDERR_FILENO + 1, ~0U, 0);
  return std::nullopt;
}

void SetUpSignals() {
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) {
    (void)std::signal(ignored, SIG_IGN);  // fails for no signal of these
  }
  // An ignored SIGCHLD, which a parent may leave us, loses exit statuses.
  (void)std::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<std::string> OwnPath() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size < 0) return Error{.text = Explain("reading /proc/self/exe", errno)};
  return std::string(path.data(), static_cast<std::size_t>(size));
}

std::string Beside(const std::string& program, std::string_view name) {
  return program.substr(0, program.rfind('/') + 1) + std::string(name);
}

}  // namespace svidence::shim
