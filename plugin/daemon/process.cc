#include "plugin/daemon/process.h"

#include <csignal>
#include <initializer_list>

#include <sys/stat.h>
#include <unistd.h>

namespace svidence::daemon {
namespace {

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void SetUpProcess() {
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXFSZ}) {
    (void)std::signal(ignored, SIG_IGN);  // cannot fail for these
  }
  dup2(STDERR_FILENO, STDOUT_FILENO);
  constexpr mode_t kOwnerOnly = 077;
  umask(kOwnerOnly);
}

void BlockEndSignals() {
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // The kernel may throw away a blocked signal that is also ignored.
  (void)std::signal(SIGINT, SIG_DFL);
  (void)std::signal(SIGTERM, SIG_DFL);
}

int WaitForEndSignal() {
  const sigset_t signals = EndSignals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

}  // namespace svidence::daemon
