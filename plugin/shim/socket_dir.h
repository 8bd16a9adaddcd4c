// A private folder for the plugin's socket.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/shim/fd.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

// The longest path that fits into sockaddr_un with its final zero.
constexpr std::size_t kMaxSocketPath = 107;

// Where a socket folder may stand, best first: $PLUGIN_UNIX_SOCKET_DIR (as every
// go-plugin), $RUNTIME_DIRECTORY and $XDG_RUNTIME_DIR (which no tmp cleaner
// touches), $TMPDIR, /tmp. `lookup` is getenv(3) or does as it does.
std::vector<std::string> SocketDirCandidates(const char* (*lookup)(const char* name));

// Movable. A folder of mode 0700 that is removed with its socket at the end.
class SocketDir {
 public:
  // Makes a folder in the first of `candidates` that can take one. A folder
  // where others could swap ours (writable by all, without the sticky bit), or
  // whose path does not fit into a handshake, is passed over.
  //
  // Errors: none of them will do, with the reason for each.
  static Result<SocketDir> Make(std::span<const std::string> candidates);

  SocketDir(SocketDir&&) noexcept = default;
  SocketDir& operator=(SocketDir&&) = delete;
  SocketDir(const SocketDir&) = delete;
  SocketDir& operator=(const SocketDir&) = delete;
  ~SocketDir();

  const std::string& socket_path() const { return socket_path_; }

  // Sets the times of folder and socket to now, against cleaners that go by age
  // alone. False: one of them is gone, and SPIRE cannot connect again.
  bool Touch() const;

 private:
  SocketDir(std::string path, Fd lock);

  std::string path_;
  std::string socket_path_;
  // The folder itself, with a shared flock(2): systemd-tmpfiles leaves a locked
  // folder and all in it alone. Source: tmpfiles.d(5), "Age".
  Fd lock_;
};

}  // namespace svidence::shim
