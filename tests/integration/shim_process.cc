#include "tests/integration/shim_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace svidence::testing {
namespace {

using linux_os::UniqueFd;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe MakePipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return {.read_end = UniqueFd(ends[0]), .write_end = UniqueFd(ends[1])};
}

bool Readable(int fd, milliseconds patience) {
  pollfd wait = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

// Reads a line byte by byte, so that nothing behind it is taken.
std::string ReadLine(int fd, milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string line;
  char byte = 0;
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(
        std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0)));
    if (!Readable(fd, left) || read(fd, &byte, 1) != 1) return "";
    if (byte == '\n') return line;
    line += byte;
  }
}

// execve() arguments of strings that outlive them.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void Execute(const ShimProcess::Settings& settings, int out, int err) {
  std::vector<std::string> arguments = settings.arguments;
  arguments.insert(arguments.begin(), settings.program);
  std::vector<std::string> environment;
  for (const auto& [name, value] : settings.environment) environment.push_back(name + "=" + value);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  dup2(err, kStrayFd);  // as a careless parent leaves it: without close-on-exec
  execve(settings.program.c_str(), Pointers(arguments).data(), Pointers(environment).data());
  _exit(126);
}

}  // namespace

TempDir::TempDir() : path_("/tmp/svidence-test-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::size_t TempDir::CountIn(const std::string& name) const {
  const std::filesystem::recursive_directory_iterator all(path_ + "/" + name);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  std::filesystem::rename(path + ".new", path);
}

Connection::Connection(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  if (connect(socket.get(), name, sizeof address) == 0) fd_ = std::move(socket);
}

bool Connection::Say(const std::string& line) const {
  const std::string text = line + "\n";
  return send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

std::string Connection::Hear(milliseconds patience) const { return ReadLine(fd_.get(), patience); }

bool Connection::EndsWithin(milliseconds patience) const {
  char byte = 0;
  return Readable(fd_.get(), patience) && recv(fd_.get(), &byte, 1, MSG_PEEK) <= 0;
}

ShimProcess::ShimProcess(const Settings& settings) {
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  Pipe started = MakePipe();
  const pid_t child = fork();
  if (child == 0 && !settings.with_parent) {
    Execute(settings, out.write_end.get(), err.write_end.get());
  }
  if (child == 0) {
    const pid_t shim = fork();
    if (shim == 0) Execute(settings, out.write_end.get(), err.write_end.get());
    close(out.write_end.get());
    close(err.write_end.get());
    if (write(started.write_end.get(), &shim, sizeof shim) != sizeof shim) _exit(1);
    while (true) pause();
  }
  pid_ = child;
  if (settings.with_parent) {
    parent_ = child;
    if (read(started.read_end.get(), &pid_, sizeof pid_) != sizeof pid_) std::abort();
  }
  stdout_ = std::move(out.read_end);
  stderr_ = std::move(err.read_end);
  drain_ = std::thread([this] { Drain(); });
}

ShimProcess::~ShimProcess() {
  for (const pid_t process : {parent_, reaped_ ? 0 : pid_}) {
    if (process > 0) kill(process, SIGKILL);
  }
  if (parent_ > 0) waitpid(parent_, nullptr, 0);
  if (parent_ == 0 && !reaped_) waitpid(pid_, nullptr, 0);
  drain_.join();
}

void ShimProcess::Drain() {
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = read(stderr_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (got <= 0) {
      stderr_ended_ = true;
      return;
    }
    stderr_text_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string ShimProcess::ReadHandshake(milliseconds patience) {
  if (handshake_.empty()) handshake_ = ReadLine(stdout_.get(), patience);
  return handshake_;
}

std::string ShimProcess::SocketPath(milliseconds patience) {
  const std::string line = ReadHandshake(patience);
  const std::size_t begin = line.find('/');
  return begin == std::string::npos ? "" : line.substr(begin, line.find('|', begin) - begin);
}

std::string ShimProcess::RestOfStdout() {
  std::string rest;
  std::array<char, 256> buffer{};
  ssize_t got = 0;
  while (Readable(stdout_.get(), kPatience) &&
         (got = read(stdout_.get(), buffer.data(), buffer.size())) > 0) {
    rest.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return rest;
}

std::string ShimProcess::Stderr() const {
  const std::lock_guard lock(mutex_);
  return stderr_text_;
}

bool ShimProcess::StderrHas(const std::string& text, milliseconds patience) const {
  return Eventually([&] { return Stderr().find(text) != std::string::npos; }, patience);
}

bool ShimProcess::StderrEndsWithin(milliseconds patience) const {
  return Eventually(
      [this] {
        const std::lock_guard lock(mutex_);
        return stderr_ended_;
      },
      patience);
}

std::optional<int> ShimProcess::WaitForExit(milliseconds patience) {
  int status = 0;
  reaped_ = Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, patience);
  if (!reaped_) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace svidence::testing
