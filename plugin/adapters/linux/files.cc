#include "plugin/adapters/linux/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {
namespace {

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Opened so that a fifo or a device cannot hang or disturb us.
StatusOr<UniqueFd> OpenForReading(const std::string& path) {
  UniqueFd fd = OpenFd(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.valid()) return ErrnoStatus(errno, "opening", path);
  return fd;
}

// Its attributes, if it is a regular file within the bound.
StatusOr<struct stat> LookAt(int fd, const std::string& path, std::size_t max_bytes) {
  struct stat found {};
  if (fstat(fd, &found) != 0) return ErrnoStatus(errno, "reading the attributes of", path);
  if (!S_ISREG(found.st_mode)) return InvalidArgument(Quote(path, 256) + " must be a regular file");
  if (static_cast<std::size_t>(found.st_size) > max_bytes) {
    return InvalidArgument(Quote(path, 256) + " must have at most " + std::to_string(max_bytes) +
                           " bytes, got " + std::to_string(found.st_size));
  }
  return found;
}

// Reads to the end of the file, at most `size` bytes; the count.
StatusOr<std::size_t> ReadFully(int fd, char* data, std::size_t size, const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = read(fd, data + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "reading", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Status SyncDirectory(const std::string& dir) {
  const UniqueFd fd = OpenFd(dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) return ErrnoStatus(errno, "opening", dir);
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "syncing", dir);
  return OkStatus();
}

// Removes the temporary file on every path but the last.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) (void)unlink(path_.c_str());  // best effort: the error is already known
  }

  // Errors: those of ErrnoStatus.
  Status Write(std::string_view bytes, mode_t mode) const {
    (void)unlink(path_.c_str());  // a left-over of a crash; O_EXCL says if it stays
    const UniqueFd fd = OpenFd(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!fd.valid()) return ErrnoStatus(errno, "creating", path_);
    if (fchmod(fd.get(), mode) != 0) return ErrnoStatus(errno, "setting the mode of", path_);
    SVIDENCE_RETURN_IF_ERROR(WriteFd(fd.get(), bytes, path_));
    if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "syncing", path_);
    return OkStatus();
  }

  const std::string& path() const { return path_; }
  void Release() { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace

Status ErrnoStatus(int error, std::string_view doing, std::string_view path) {
  std::array<char, 128> buffer{};
  // The GNU form returns the text, which may or may not be in the buffer.
  const char* reason = strerror_r(error, buffer.data(), buffer.size());
  const std::string message = std::string(doing) + ' ' + Quote(path, 256) + ": " + reason;
  switch (error) {
    case ENOENT:
      return NotFound(message);
    case EEXIST:
      return AlreadyExists(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return PermissionDenied(message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ResourceExhausted(message);
    default:
      return Unavailable(message);
  }
}

Status WriteFd(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoStatus(errno, "writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return OkStatus();
}

Status SyncParent(const std::string& path) { return SyncDirectory(ParentOf(path)); }

StatusOr<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(const UniqueFd fd, OpenForReading(path));
  return ReadRegularFd(fd.get(), path, max_bytes);
}

StatusOr<std::string> ReadRegularFd(int fd, const std::string& path, std::size_t max_bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(const struct stat found, LookAt(fd, path, max_bytes));
  // One byte more than allowed: a file that grows meanwhile is noticed.
  std::string bytes(std::min<std::size_t>(static_cast<std::size_t>(found.st_size), max_bytes) + 1,
                    '\0');
  SVIDENCE_ASSIGN_OR_RETURN(const std::size_t size,
                            ReadFully(fd, bytes.data(), bytes.size(), path));
  if (size == bytes.size()) return Unavailable(Quote(path, 256) + " grew while it was read");
  bytes.resize(size);
  return bytes;
}

StatusOr<Secret> ReadPrivateFile(const std::string& path, std::size_t max_bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(const UniqueFd fd, OpenForReading(path));
  SVIDENCE_ASSIGN_OR_RETURN(const struct stat found, LookAt(fd.get(), path, max_bytes));
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    return FailedPrecondition(Quote(path, 256) + " must belong to uid " +
                              std::to_string(geteuid()) + " or to root, belongs to uid " +
                              std::to_string(found.st_uid));
  }
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return FailedPrecondition(Quote(path, 256) +
                              " must be closed to group and others: chmod 600 it");
  }
  Secret secret(static_cast<std::size_t>(found.st_size) + 1);
  SVIDENCE_ASSIGN_OR_RETURN(const std::size_t size,
                            ReadFully(fd.get(), secret.data(), secret.capacity(), path));
  if (size == secret.capacity()) return Unavailable(Quote(path, 256) + " grew while it was read");
  secret.SetSize(size);
  return secret;
}

Status WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode) {
  TemporaryFile temporary(path + ".tmp");
  SVIDENCE_RETURN_IF_ERROR(temporary.Write(bytes, mode));
  if (rename(temporary.path().c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, "replacing", path);
  }
  temporary.Release();
  return SyncDirectory(ParentOf(path));
}

Status CreateFileDurably(const std::string& path, std::string_view bytes, mode_t mode) {
  const TemporaryFile temporary(path + ".tmp");
  SVIDENCE_RETURN_IF_ERROR(temporary.Write(bytes, mode));
  // link, unlike rename, fails where something stands already.
  if (link(temporary.path().c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, "creating", path);
  }
  return SyncDirectory(ParentOf(path));
}

Status RenameDurably(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) != 0) return ErrnoStatus(errno, "replacing", to);
  return SyncDirectory(ParentOf(to));
}

Status EnsureDirectory(const std::string& path) {
  const bool made = mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return ErrnoStatus(errno, "making the directory", path);
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return ErrnoStatus(errno, "looking at", path);
  if (!S_ISDIR(found.st_mode)) return FailedPrecondition(Quote(path, 256) + " is not a directory");
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    return FailedPrecondition(Quote(path, 256) + " must belong to uid " +
                              std::to_string(geteuid()) + " or to root, belongs to uid " +
                              std::to_string(found.st_uid));
  }
  if ((found.st_mode & S_IWOTH) != 0) {
    return FailedPrecondition("everybody may write to " + Quote(path, 256) + ": chmod o-w it");
  }
  return made ? SyncDirectory(ParentOf(path)) : OkStatus();
}

StatusOr<std::uint64_t> FreeBytes(const std::string& path) {
  struct statvfs facts {};
  if (statvfs(path.c_str(), &facts) != 0) return ErrnoStatus(errno, "looking at", path);
  return std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

Status RefuseNetworkFileSystem(const std::string& dir) {
  struct Type {
    std::uint32_t magic;
    std::string_view name;
  };
  // linux/magic.h, and the kernel's fs/*/ for those that are missing there.
  constexpr std::array<Type, 13> kRefused{{{0x6969, "NFS"},
                                           {0x517b, "SMB"},
                                           {0xfe534d42, "SMB2"},
                                           {0xff534d42, "CIFS"},
                                           {0x01021997, "9p"},
                                           {0x00c36400, "Ceph"},
                                           {0x5346414f, "AFS"},
                                           {0x6b414653, "kAFS"},
                                           {0x73757245, "Coda"},
                                           {0x0bd00bd0, "Lustre"},
                                           {0x01161970, "GFS2"},
                                           {0x7461636f, "OCFS2"},
                                           {0x20030528, "OrangeFS"}}};
  struct statfs found {};
  if (statfs(dir.c_str(), &found) != 0) return ErrnoStatus(errno, "looking at", dir);
  const auto magic = static_cast<std::uint32_t>(found.f_type);
  for (const Type& type : kRefused) {
    if (type.magic != magic) continue;
    return FailedPrecondition(Quote(dir, 256) + " lies on " + std::string(type.name) +
                              ", a network file system; put it on a local disk");
  }
  return OkStatus();
}

}  // namespace svidence::linux_os
