// Runs svidence-shim as SPIRE does, for tests.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::testing {

using std::chrono::milliseconds;

// Longer than anything here takes, on a loaded machine too.
constexpr milliseconds kPatience{20000};

// A copy of stderr that every shim is started with.
constexpr int kStrayFd = 40;

// A folder that is removed, with all in it, at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // How many files and folders are in `name`, a folder here.
  std::size_t CountIn(const std::string& name) const;

 private:
  std::string path_;
};

// Replaces the file at `path` by one with `text`, in one step.
void WriteFile(const std::string& path, const std::string& text);

// Asks `condition` until it holds or `patience` is over; whether it held.
template <typename Condition>
bool Eventually(Condition condition, milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

// A client's end of the plugin's socket, talking to the fake daemon.
class Connection {
 public:
  // Connects to the Unix socket at `path`; connected() says whether it worked.
  explicit Connection(const std::string& path);

  bool connected() const { return fd_.valid(); }
  bool Say(const std::string& line) const;
  // The next line, without its end; empty after `patience` or at the end.
  std::string Hear(milliseconds patience = kPatience) const;
  std::string Ask(const std::string& line) const { return Say(line) ? Hear() : ""; }
  // Has the other side closed, within `patience`?
  bool EndsWithin(milliseconds patience) const;

 private:
  linux_os::UniqueFd fd_;
};

// One shim. Killed, and all it started, with the object.
class ShimProcess {
 public:
  struct Settings {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;  // all there is
    std::string program = SVIDENCE_SHIM_PATH;
    // Starts the shim as child of a process that does nothing, so that a test
    // can kill the shim's parent.
    bool with_parent = false;
  };

  explicit ShimProcess(const Settings& settings);
  ~ShimProcess();
  ShimProcess(const ShimProcess&) = delete;
  ShimProcess& operator=(const ShimProcess&) = delete;

  pid_t pid() const { return pid_; }
  pid_t parent() const { return parent_; }

  // The first line on stdout, without its end; empty if none came in time.
  std::string ReadHandshake(milliseconds patience = kPatience);
  // The socket's path in the handshake.
  std::string SocketPath(milliseconds patience = kPatience);
  // What came on stdout after the handshake until its end.
  std::string RestOfStdout();

  std::string Stderr() const;
  bool StderrHas(const std::string& text, milliseconds patience = kPatience) const;
  // Nobody holds the write end any more: SPIRE's wait would be over.
  bool StderrEndsWithin(milliseconds patience) const;
  // The exit status, or minus the signal. Not with a parent.
  std::optional<int> WaitForExit(milliseconds patience = kPatience);

 private:
  void Drain();

  pid_t pid_ = 0;
  pid_t parent_ = 0;
  bool reaped_ = false;
  std::string handshake_;
  linux_os::UniqueFd stdout_;
  linux_os::UniqueFd stderr_;
  mutable std::mutex mutex_;  // guards the two below
  std::string stderr_text_;
  bool stderr_ended_ = false;
  std::thread drain_;
};

}  // namespace svidence::testing
