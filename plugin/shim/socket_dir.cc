#include "plugin/shim/socket_dir.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/shim/log.h"

namespace svidence::shim {
namespace {

constexpr std::string_view kDirTemplate = "/svidence-XXXXXX";
constexpr std::string_view kSocketName = "/plugin.sock";

// Why no folder of ours may stand in `base`; empty if one may.
std::string FindBaseProblem(const std::string& base) {
  if (base.empty() || base.front() != '/') return "is not absolute";
  if (base.find_first_of("|\n\r") != std::string::npos) return "has a character no handshake takes";
  if (base.size() + kDirTemplate.size() + kSocketName.size() > kMaxSocketPath) {
    return "is too long: the socket's path may have " + std::to_string(kMaxSocketPath) + " bytes";
  }
  struct stat info {};
  if (stat(base.c_str(), &info) != 0) return Explain("cannot be read", errno);
  if (!S_ISDIR(info.st_mode)) return "is no directory";
  if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) {
    return "is writable by everybody and has no sticky bit";
  }
  return {};
}

}  // namespace

std::vector<std::string> SocketDirCandidates(const char* (*lookup)(const char* name)) {
  constexpr std::array<const char*, 4> kNames = {"PLUGIN_UNIX_SOCKET_DIR", "RUNTIME_DIRECTORY",
                                                 "XDG_RUNTIME_DIR", "TMPDIR"};
  std::vector<std::string> candidates;
  for (const char* const name : kNames) {
    const char* const value = lookup(name);
    if (value == nullptr || *value == '\0') continue;
    // systemd lists several runtime directories with colons between them.
    const std::string_view first =
        std::string_view(value).substr(0, std::string_view(value).find(':'));
    candidates.emplace_back(first);
  }
  candidates.emplace_back("/tmp");
  return candidates;
}

SocketDir::SocketDir(std::string path, Fd lock)
    : path_(std::move(path)),
      socket_path_(path_ + std::string(kSocketName)),
      lock_(std::move(lock)) {}

SocketDir::~SocketDir() {
  if (!lock_.valid()) return;  // moved from
  unlink(socket_path_.c_str());
  rmdir(path_.c_str());
}

Result<SocketDir> SocketDir::Make(std::span<const std::string> candidates) {
  std::string problems;
  for (const std::string& base : candidates) {
    std::string problem = FindBaseProblem(base);
    std::string path = base + std::string(kDirTemplate);
    if (problem.empty() && mkdtemp(path.data()) == nullptr) {
      problem = Explain("cannot take a folder", errno);
    }
    if (problem.empty()) {
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so.
      Fd lock(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (lock.valid() && flock(lock.get(), LOCK_SH | LOCK_NB) == 0) {
        return SocketDir(std::move(path), std::move(lock));
      }
      problem = Explain("cannot lock a folder", errno);
      rmdir(path.c_str());
    }
    problems += "; " + Quote(base) + " " + problem;
  }
  return Error{.text = "no folder for the plugin's socket" + problems +
                       "; set TMPDIR or RUNTIME_DIRECTORY for SPIRE"};
}

bool SocketDir::Touch() const {
  const bool dir = utimensat(AT_FDCWD, path_.c_str(), nullptr, 0) == 0;
  const bool socket = utimensat(AT_FDCWD, socket_path_.c_str(), nullptr, 0) == 0;
  return dir && socket;
}

}  // namespace svidence::shim
