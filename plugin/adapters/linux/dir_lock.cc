#include "plugin/adapters/linux/dir_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(20);

std::string PathIn(const std::string& dir) { return dir + "/lock"; }

// The pid in the file, 0 if it holds none: the holder may not have written yet.
std::int64_t ReadPid(int fd) {
  std::array<char, 24> text{};
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  std::int64_t pid = 0;
  if (size <= 0 || std::from_chars(text.data(), text.data() + size, pid).ec != std::errc()) {
    return 0;
  }
  return pid;
}

// True: locked. False: somebody else holds it.
StatusOr<bool> TryLock(int fd, const std::string& path) {
  for (;;) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return ErrnoStatus(errno, "locking", path);
  }
}

Status WritePid(int fd, const std::string& path) {
  const std::string text = std::to_string(getpid()) + '\n';
  if (ftruncate(fd, 0) != 0) return ErrnoStatus(errno, "writing", path);
  const ssize_t size = pwrite(fd, text.data(), text.size(), 0);
  if (size < 0) return ErrnoStatus(errno, "writing", path);
  return OkStatus();
}

}  // namespace

StatusOr<DirLock> DirLock::Acquire(const std::string& dir, std::int64_t wait_millis) {
  const std::string path = PathIn(dir);
  UniqueFd fd = OpenFd(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd.valid()) return ErrnoStatus(errno, "opening", path);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_millis);
  for (;;) {
    SVIDENCE_ASSIGN_OR_RETURN(const bool locked, TryLock(fd.get(), path));
    if (locked) break;
    if (std::chrono::steady_clock::now() >= until) {
      const std::int64_t pid = ReadPid(fd.get());
      return FailedPrecondition(Quote(dir, 256) + " is in use by " +
                                (pid == 0 ? "another process" : "process " + std::to_string(pid)) +
                                " (waited " + std::to_string(wait_millis) +
                                " ms): stop it, or give this one another directory");
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  // The pid only helps people to find the holder. A full disk must not keep the
  // lock from somebody who may be about to write a revocation.
  const Status written = WritePid(fd.get(), path);
  if (!written.ok() && written.code() != StatusCode::kResourceExhausted) return written;
  return DirLock(std::move(fd));
}

StatusOr<std::int64_t> DirLock::Holder(const std::string& dir) {
  const std::string path = PathIn(dir);
  const UniqueFd fd = OpenFd(path.c_str(), O_RDONLY | O_NOFOLLOW);
  if (!fd.valid()) return ErrnoStatus(errno, "opening", path);
  // A shared lock: two that ask at once do not take each other for a holder.
  if (flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return 0;
  if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "locking", path);
  return ReadPid(fd.get());
}

}  // namespace svidence::linux_os
