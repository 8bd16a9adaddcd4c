#include "plugin/adapters/linux/procfs_process_source.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "attestors/process/exe_path.h"
#include "plugin/adapters/linux/exe_file_rules.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

// A stat line has at most 1.3 KiB, and "Uid:" and "Gid:" stand within the first
// 500 bytes of status, before the list of groups.
constexpr std::size_t kTextBytes = 4096;

// A failure below a process's directory. The kernel gives ESRCH once the
// process is reaped, ENOENT for what a zombie or a kernel thread does not have.
Status ProcStatus(int error, std::string_view doing, std::string_view what) {
  const Status status = ErrnoStatus(error, doing, what);
  switch (error) {
    case ESRCH:
    case ENOENT:
      return NotFound(Message(status));
    case EACCES:
    case EPERM:
      return PermissionDenied(Message(status));
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ResourceExhausted(Message(status));
    default:
      return Internal(Message(status));
  }
}

UniqueFd OpenAt(const UniqueFd& directory, const char* name, int flags) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): openat is declared so.
  return UniqueFd(openat(directory.get(), name, flags | O_CLOEXEC));
}

// The text of a single-record file of procfs, which comes whole in one read if
// the buffer holds it; at most kTextBytes of it.
StatusOr<std::string> ReadText(const UniqueFd& directory, const char* name) {
  const UniqueFd fd = OpenAt(directory, name, O_RDONLY);
  if (!fd.valid()) return ProcStatus(errno, "opening", name);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): read fills it
  std::array<char, kTextBytes> text;
  while (true) {
    const ssize_t got = read(fd.get(), text.data(), text.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ProcStatus(errno, "reading", name);
    return std::string(text.data(), static_cast<std::size_t>(got));
  }
}

StatusOr<bool> Runs(const UniqueFd& pidfd) {
  pollfd poll_fd{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = poll(&poll_fd, 1, 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return ProcStatus(errno, "asking", "pidfd");
    return ready == 0;
  }
}

class ProcfsExe final : public ExeFile {
 public:
  ProcfsExe(UniqueFd fd, const ExeStat& stat, ExeFacts facts, ExeHashCache& hashes)
      : fd_(std::move(fd)), stat_(stat), facts_(std::move(facts)), hashes_(hashes) {}

  const ExeFacts& facts() const override { return facts_; }
  StatusOr<ExeHash> Hash(const HashRequest& request, std::stop_token stop) const override {
    return hashes_.Hash(fd_, stat_, request, stop);
  }

 private:
  const UniqueFd fd_;  // O_PATH
  const ExeStat stat_;
  const ExeFacts facts_;
  ExeHashCache& hashes_;
};

class ProcfsProcess final : public ProcessHandle {
 public:
  struct Context {
    const UniqueFd& self_fds;
    ExeHashCache& hashes;
    FileId mount_namespace;
  };

  ProcfsProcess(UniqueFd pidfd, UniqueFd directory, Context context)
      : pidfd_(std::move(pidfd)), directory_(std::move(directory)), context_(context) {}

  StatusOr<bool> Running() const override { return Runs(pidfd_); }

  StatusOr<std::string> Read(ProcessText text) const override {
    return ReadText(directory_, text == ProcessText::kStat ? "stat" : "status");
  }

  StatusOr<std::unique_ptr<ExeFile>> OpenExe() const override {
    UniqueFd fd = OpenAt(directory_, "exe", O_PATH);
    if (!fd.valid()) return ProcStatus(errno, "opening", "exe");
    SVIDENCE_ASSIGN_OR_RETURN(const ExeStat stat,
                              StatExe(fd.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC));
    SVIDENCE_ASSIGN_OR_RETURN(std::string link, LinkOf(fd));
    ExeFacts facts{.file = stat.id(), .unlinked = stat.links == 0, .link = std::move(link)};
    return std::make_unique<ProcfsExe>(std::move(fd), stat, std::move(facts), context_.hashes);
  }

  StatusOr<FileId> ExeId() const override {
    SVIDENCE_ASSIGN_OR_RETURN(const ExeStat stat,
                              StatExe(directory_.get(), "exe", AT_STATX_DONT_SYNC));
    return stat.id();
  }

  StatusOr<bool> SharesMountNamespace() const override {
    struct stat found {};
    if (fstatat(directory_.get(), "ns/mnt", &found, 0) != 0) {
      return ProcStatus(errno, "looking at", "ns/mnt");
    }
    return FileId{.device = found.st_dev, .inode = found.st_ino} == context_.mount_namespace;
  }

 private:
  // The path of the very file that `fd` is, which /proc/<pid>/exe need not be
  // any more.
  StatusOr<std::string> LinkOf(const UniqueFd& fd) const {
    std::array<char, kMaxExeLinkBytes> link;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const std::string name = std::to_string(fd.get());
    const ssize_t size =
        readlinkat(context_.self_fds.get(), name.c_str(), link.data(), link.size());
    if (size < 0) {
      const int error = errno;
      // A path longer than a page; it is withheld as one that may be cut.
      if (error == ENAMETOOLONG) return std::string(kMaxExeLinkBytes, '/');
      return Internal(Message(ErrnoStatus(error, "reading the path of", "exe")));
    }
    return std::string(link.data(), static_cast<std::size_t>(size));
  }

  const UniqueFd pidfd_;
  const UniqueFd directory_;
  const Context context_;
};

// A pidfd needs no procfs; a thread's id is refused.
StatusOr<UniqueFd> OpenPidfd(Pid pid) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): glibc 2.36 has no pidfd_open().
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid.value(), 0)));
  if (pidfd.valid()) return pidfd;
  const int error = errno;
  const std::string what = "process " + std::to_string(pid.value());
  // The id of a thread: EINVAL before Linux 6.9, ENOENT since.
  if (error == EINVAL) return NotFound(what + " is a thread");
  if (error == ENOSYS) {
    return FailedPrecondition("the kernel has no pidfd_open(2); Linux 5.3 or later is needed");
  }
  return ProcStatus(error, "opening", what);
}

// The value of one line of /proc/self/status, without the white space before it.
StatusOr<std::string> LineOfSelf(const std::string& root, std::string_view name) {
  const UniqueFd self = OpenFd((root + "/self").c_str(), O_PATH | O_DIRECTORY);
  if (!self.valid()) return ProcStatus(errno, "opening", root + "/self");
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, ReadText(self, "status"));
  const std::size_t begin = text.find("\n" + std::string(name));
  if (begin == std::string::npos) return NotFound("no line " + std::string(name));
  const std::size_t value = text.find_first_not_of(" \t", begin + 1 + name.size());
  return text.substr(value, text.find('\n', value) - value);
}

// OK if `root` counts pids as we do. A procfs of a namespace above ours lists
// our pids in both, one of another branch does not know us.
Status CheckPidNamespace(const std::string& root) {
  const StatusOr<std::string> pids = LineOfSelf(root, "NSpid:");
  if (pids.ok() && *pids == std::to_string(getpid())) return OkStatus();
  return FailedPrecondition(
      "the procfs at " + Quote(root, 256) +
      " belongs to another PID namespace than the SPIRE agent; run the agent in the namespace of "
      "that procfs (hostPID: true in Kubernetes), or let HOST_PROC name the agent's own");
}

StatusOr<FileId> NamespaceOfSelf(const std::string& root, const char* name) {
  const std::string path = root + "/self/ns/" + name;
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    return Unavailable(Message(ErrnoStatus(errno, "looking at", path)));
  }
  return FileId{.device = found.st_dev, .inode = found.st_ino};
}

// UUIDs of the kernel's own making: 36 characters and a newline.
StatusOr<std::string> ReadBootId(const std::string& root) {
  const UniqueFd directory = OpenFd((root + "/sys/kernel/random").c_str(), O_PATH | O_DIRECTORY);
  StatusOr<std::string> text = ReadText(directory, "boot_id");
  constexpr std::size_t kBootIdBytes = 36;
  if (!text.ok() || text->size() != kBootIdBytes + 1) {
    return Unavailable("reading the boot id below " + Quote(root, 256) + " failed");
  }
  return text->substr(0, kBootIdBytes);
}

}  // namespace

StatusOr<std::unique_ptr<ProcfsProcessSource>> ProcfsProcessSource::Open(std::string root,
                                                                         ExeHashCache& hashes) {
  struct statfs found {};
  if (statfs(root.c_str(), &found) != 0 || found.f_type != PROC_SUPER_MAGIC) {
    return FailedPrecondition(Quote(root, 256) +
                              " is not a procfs; mount one there, or correct HOST_PROC");
  }
  SVIDENCE_RETURN_IF_ERROR(CheckPidNamespace(root));
  SVIDENCE_ASSIGN_OR_RETURN(std::string boot_id, ReadBootId(root));
  SVIDENCE_ASSIGN_OR_RETURN(const FileId pid_namespace, NamespaceOfSelf(root, "pid"));
  SVIDENCE_ASSIGN_OR_RETURN(const FileId mount_namespace, NamespaceOfSelf(root, "mnt"));
  UniqueFd self_fds = OpenFd((root + "/self/fd").c_str(), O_RDONLY | O_DIRECTORY);
  if (!self_fds.valid()) return Unavailable(Message(ErrnoStatus(errno, "opening", root)));
  return std::unique_ptr<ProcfsProcessSource>(new ProcfsProcessSource(
      std::move(root), std::move(self_fds), hashes,
      {.boot_id = std::move(boot_id), .pid_namespace = pid_namespace.inode}, mount_namespace));
}

StatusOr<std::unique_ptr<ProcessHandle>> ProcfsProcessSource::Open(Pid pid) const {
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd pidfd, OpenPidfd(pid));
  const std::string path = root_ + '/' + std::to_string(pid.value());
  UniqueFd directory = OpenFd(path.c_str(), O_PATH | O_DIRECTORY);
  const int error = errno;
  SVIDENCE_ASSIGN_OR_RETURN(const bool running, Runs(pidfd));
  if (!running) return NotFound("process " + std::to_string(pid.value()) + " has ended");
  if (!directory.valid() && (error == ENOENT || error == EACCES || error == EPERM)) {
    return PermissionDenied("procfs hides process " + std::to_string(pid.value()) +
                            " from us (mount option hidepid); give the SPIRE agent "
                            "CAP_SYS_PTRACE or the group of the mount option gid=");
  }
  if (!directory.valid()) return ProcStatus(error, "opening", path);
  return std::make_unique<ProcfsProcess>(
      std::move(pidfd), std::move(directory),
      ProcfsProcess::Context{self_fds_, hashes_, mount_namespace_});
}

}  // namespace svidence::linux_os
