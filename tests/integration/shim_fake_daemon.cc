// The daemon of shim_test: answers words on the connections that it is passed,
// and misbehaves as it is told.
//
// At its start it reads its mode from the file $FAKE_DAEMON_MODE_FILE: "serve",
// "never_ready", "silent", "failed <reason>", "exit <status>" or "version". With
// a socket path as argument it listens there (connect mode).
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/adapters/linux/shim_link.h"
#include "plugin/adapters/linux/shim_listener.h"
#include "plugin/shim/packet.h"
#include "plugin/shim/protocol.h"

namespace svidence {
namespace {

using linux_os::ShimLink;
using linux_os::ShimListener;
using linux_os::UniqueFd;

struct Daemon {
  ShimLink* link = nullptr;
  std::atomic<bool> alive = true;
};

std::string ReadMode() {
  const char* const path = std::getenv("FAKE_DAEMON_MODE_FILE");
  if (path == nullptr) return "serve";
  std::string mode;
  std::getline(std::ifstream(path), mode);
  return mode.empty() ? "serve" : mode;
}

// Descriptors above the control socket that came from the shim: there are none.
std::string InheritedFds() {
  std::string found;
  for (int fd = shim::kControlFd + 1; fd < 64; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) found += " " + std::to_string(fd);
  }
  return found;
}

std::string Target(const std::string& link) {
  std::array<char, 256> target{};
  const ssize_t size = readlink(link.c_str(), target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

// What the child of the shim finds, before it opens anything.
std::string DescribeProcess() {
  int signal = 0;
  prctl(PR_GET_PDEATHSIG, &signal);
  return "fds" + InheritedFds() + ", stdin " + Target("/proc/self/fd/0") + ", death " +
         std::to_string(signal) + ", same output " +
         std::to_string(static_cast<int>(Target("/proc/self/fd/1") == Target("/proc/self/fd/2")));
}

std::string StartsWith(const std::string& line, const std::string& word) {
  return line.rfind(word + " ", 0) == 0 ? line.substr(word.size() + 1) : "";
}

// A state that no shim may keep: its size could change, or is too much.
std::string SaveBadly(const std::string& how) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return "failed";
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const UniqueFd memory(memfd_create("bad", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (ftruncate(memory.get(), shim::kMaxStateBytes + (how == "oversized" ? 1 : 0)) != 0) {
    return "failed";
  }
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (how == "oversized" && fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0) return "failed";
  const int fd = how == "pipe" ? read_end.get() : memory.get();
  return shim::SendPacket(shim::kControlFd, shim::MessageType::kState, {}, fd) == 0 ? "ok"
                                                                                    : "failed";
}

std::string Answer(const std::string& line, Daemon& daemon, const std::string& process) {
  const auto said = [](const Status& status) { return status.ok() ? "ok" : Message(status); };
  if (line == "pid") return std::to_string(getpid());
  if (line == "type") return daemon.link->plugin_type();
  if (line == "process") return process;
  if (line == "state") return daemon.link->saved_state().value_or("(none)");
  if (line == "state size") {
    return std::to_string(daemon.link->saved_state().value_or("").size());
  }
  if (line == "save big") {
    return said(daemon.link->SaveState(std::string(shim::kMaxStateBytes, 'x')));
  }
  if (line == "save unsealed" || line == "save oversized" || line == "save pipe") {
    return SaveBadly(line.substr(5));
  }
  if (const std::string state = StartsWith(line, "save"); !state.empty()) {
    return said(daemon.link->SaveState(state));
  }
  if (line == "print") {
    for (int i = 0; i < 1000; ++i) std::puts("a stray line of a library, longer than it should be");
    std::fflush(stdout);
    return "ok";
  }
  if (line == "mute") {
    daemon.alive = false;
    return "ok";
  }
  if (line == "garbage") {
    return send(shim::kControlFd, "garbage", 7, MSG_NOSIGNAL) == 7 ? "ok" : "failed";
  }
  if (line == "die") _exit(3);
  if (line == "shutdown") return "ok";  // the rest follows the answer
  if (line == "shutdown and stop") {
    (void)daemon.link->SendShutdown();
    raise(SIGSTOP);
  }
  return "echo " + line;
}

void Converse(UniqueFd connection, Daemon& daemon, const std::string& process) {
  fcntl(connection.get(), F_SETFL, 0);  // blocking
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = read(connection.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    std::string line(buffer.data(), static_cast<std::size_t>(got));
    if (!line.empty() && line.back() == '\n') line.pop_back();
    const std::string answer = Answer(line, daemon, process) + "\n";
    if (send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    if (line == "shutdown") (void)daemon.link->SendShutdown();
  }
}

linux_os::ShimHandlers HandlersOf(Daemon& daemon, const std::string& process, bool exits) {
  return {.on_connection =
              [&daemon, &process](UniqueFd connection) {
                std::thread(Converse, std::move(connection), std::ref(daemon), std::cref(process))
                    .detach();
              },
          .on_gone =
              [exits](const Status&) {
                if (exits) _exit(0);
              },
          .alive = [&daemon] { return daemon.alive.load(); }};
}

int Spawned(const std::string& process) {
  static Daemon daemon;
  StatusOr<UniqueFd> socket = ShimLink::TakeInheritedSocket();
  if (!socket.ok()) return 2;
  const std::string mode = ReadMode();
  if (const std::string status = StartsWith(mode, "exit"); !status.empty()) {
    return std::atoi(status.c_str());
  }
  if (mode == "silent") pause();
  if (mode == "version") {
    shim::Header header = {.version = 2, .type = shim::MessageType::kReady};
    (void)send(socket->get(), &header, sizeof header, MSG_NOSIGNAL);
    pause();
  }
  StatusOr<std::unique_ptr<ShimLink>> link = ShimLink::Open(*std::move(socket));
  if (!link.ok()) return 2;
  daemon.link = link->get();
  if (const std::string reason = StartsWith(mode, "failed"); !reason.empty()) {
    return (*link)->SendFailed(reason).ok() ? 1 : 2;
  }
  std::puts("a stray line before anything else");
  std::fflush(stdout);
  if (!(*link)->Start(HandlersOf(daemon, process, true)).ok()) return 2;
  if (mode != "never_ready" && !(*link)->SendReady().ok()) return 2;
  while (true) pause();
}

int Beside(const std::string& path, const std::string& process) {
  static std::mutex mutex;
  static std::vector<std::unique_ptr<ShimLink>> links;
  static std::vector<std::unique_ptr<Daemon>> daemons;
  StatusOr<std::unique_ptr<ShimListener>> listener = ShimListener::Listen(path, geteuid());
  if (!listener.ok()) return 2;
  const Status started = (*listener)->Start(
      {.on_shim =
           [&process](std::unique_ptr<ShimLink> link) {
             const std::lock_guard lock(mutex);
             daemons.push_back(std::make_unique<Daemon>());
             daemons.back()->link = link.get();
             if (!link->Start(HandlersOf(*daemons.back(), process, false)).ok()) return;
             if (!link->SendReady().ok()) return;
             links.push_back(std::move(link));
           },
       .on_refused = [](const Status& status) { std::puts(Message(status).c_str()); }});
  if (!started.ok()) return 2;
  while (true) pause();
}

}  // namespace
}  // namespace svidence

int main(int argc, char** argv) {
  static const std::string process = svidence::DescribeProcess();
  return argc > 1 ? svidence::Beside(argv[1], process) : svidence::Spawned(process);
}
