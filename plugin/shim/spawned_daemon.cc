#include "plugin/shim/spawned_daemon.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/shim/packet.h"
#include "plugin/shim/protocol.h"

namespace svidence::shim {
namespace {

// At the end: how long the daemon may take to end by itself, and how long the
// kernel may take to end it. Together well below the 2 s that SPIRE grants.
constexpr int kEndMillis = 500;
constexpr int kKillMillis = 1000;
constexpr int kExitNotExecuted = 127;

// NOLINTBEGIN(cppcoreguidelines-pro-type-vararg): syscall, fcntl and prctl are declared so.

// By number: older headers have no wrapper.
int OpenPidfd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

// A copy of `fd` above kControlFd, where nothing of the child's set-up is.
int MoveUp(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, kControlFd + 1); }

// Leaves the child its control socket and 0 to 2, which the shim has set up for
// itself (SetUpDescriptors, Handshake). The value is what failed, null if nothing.
const char* ArrangeDescriptors(int control) {
  if (dup2(control, kControlFd) < 0) return "placing the control socket";
  // Close-on-exec and not close: the daemon's own file is among them.
  if (close_range(kControlFd + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    return "closing descriptors (Linux 5.11 or later is needed)";
  }
  return nullptr;
}

// Ties this process to the life of its parent `shim`.
const char* TieToShim(pid_t shim) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return "asking for SIGKILL at the shim's death";
  // The shim may have died before that was in force.
  return getppid() == shim ? nullptr : "finding the shim alive";
}

// NOLINTEND(cppcoreguidelines-pro-type-vararg)

std::string Describe(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return "exited with status " + std::to_string(info.si_status);
  const char* const name = sigabbrev_np(info.si_status);
  return std::string("was killed by ") +
         (name != nullptr ? "SIG" + std::string(name)
                          : "signal " + std::to_string(info.si_status)) +
         (info.si_code == CLD_DUMPED ? " (core dumped)" : "");
}

}  // namespace

SpawnedDaemon::~SpawnedDaemon() { Leave(); }

Result<Fd> SpawnedDaemon::OpenChecked() const {
  if (!sha256_) return Fd();
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so.
  Fd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Error{.text = Explain("opening the daemon " + path_, errno)};
  const Result<Sha256Digest> digest = HashFile(file.get());
  if (!digest.ok()) return Error{.text = path_ + ": " + digest.error().text};
  if (*digest != *sha256_) {
    return Error{.text = path_ + " has SHA-256 " + ToHex(*digest) + ", --sha256 asks for " +
                         ToHex(*sha256_) + "; after an upgrade, change plugin_args"};
  }
  return file;
}

Result<Fd> SpawnedDaemon::Start() {
  Result<Fd> file = OpenChecked();
  if (!file.ok()) return file.error();
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) {
    return Error{.text = Explain("making the control socket", errno)};
  }
  Fd ours(pair[0]);
  Fd theirs(pair[1]);
  const pid_t shim = getpid();
  const pid_t child = fork();
  if (child < 0) return Error{.text = Explain("making a process for the daemon", errno)};
  if (child == 0) Execute(theirs, *file, shim);
  pid_ = child;
  pidfd_ = Fd(OpenPidfd(child));
  if (!pidfd_.valid()) {
    const int error = errno;
    Leave();
    return Error{.text = Explain("watching the daemon (Linux 5.11 or later is needed)", error)};
  }
  return ours;
}

void SpawnedDaemon::Execute(const Fd& control, const Fd& file, pid_t shim) const {
  const int socket = MoveUp(control.get());
  const int program = file.valid() ? MoveUp(file.get()) : -1;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread.
  setenv(kShimVariable, "1", 1);
  const char* failed = TieToShim(shim);
  if (failed == nullptr) failed = ArrangeDescriptors(socket);
  if (failed == nullptr) {
    // const_cast: execve(2) takes char* by tradition, and writes nothing.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    std::array<char*, 2> arguments = {const_cast<char*>(path_.c_str()), nullptr};
    if (program >= 0) {
      execveat(program, "", arguments.data(), environ, AT_EMPTY_PATH);
    } else {
      execve(path_.c_str(), arguments.data(), environ);
    }
    failed = "executing it (see --daemon)";
  }
  const int error = errno;
  // The shim reads it as the daemon's own reason; if not, the status tells.
  (void)SendPacket(socket, MessageType::kFailed, Explain(path_ + ": " + failed, error));
  _exit(kExitNotExecuted);
}

void SpawnedDaemon::Kill() {
  if (pid_ > 0) kill(pid_, SIGKILL);  // ours until it is reaped: no other can have the number
}

std::string SpawnedDaemon::Reap() {
  siginfo_t info{};
  const int waited = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  const std::string name = "daemon " + std::to_string(pid_) + " ";
  pid_ = 0;
  pidfd_.Reset();
  return name + (waited == 0 && info.si_pid != 0 ? Describe(info) : "is gone");
}

bool SpawnedDaemon::WaitForDeath(int millis) const {
  if (!pidfd_.valid())
    return waitid(P_PID, static_cast<id_t>(pid_), nullptr, WEXITED | WNOWAIT) == 0;
  pollfd death = {.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  return poll(&death, 1, millis) == 1;
}

void SpawnedDaemon::Leave(ControlLink link) {
  // Closing the control socket is what tells the daemon.
  { const ControlLink closed = std::move(link); }
  if (pid_ > 0) (void)WaitForDeath(kEndMillis);  // else Leave() kills it
  Leave();
}

void SpawnedDaemon::Leave() {
  if (pid_ <= 0) return;
  Kill();
  if (WaitForDeath(kKillMillis)) (void)Reap();  // nobody is left to be told how it ended
}

}  // namespace svidence::shim
