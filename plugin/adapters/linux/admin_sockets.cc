#include "plugin/adapters/linux/admin_sockets.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

constexpr std::int64_t kLockWaitMillis = 2000;
constexpr int kBacklog = 16;
// Cleaners of temporary directories remove what nobody has touched for days.
constexpr std::chrono::hours kTouchEvery{1};
// Descriptors of connections are numbered from here, each number used again only
// after this many connections: a call that comes from a connection just closed
// is not taken for one of the next.
constexpr int kFirstNumber = 256;
constexpr int kNumbers = 512;

Status CheckDirectory(const std::string& dir, struct stat& found) {
  if (mkdir(dir.c_str(), 0750) == 0) {
    // The umask may have taken the group's rights.
    if (chmod(dir.c_str(), 0750) != 0) return ErrnoStatus(errno, "setting the mode of", dir);
  } else if (errno != EEXIST) {
    return Annotate(ErrnoStatus(errno, "making the directory", dir),
                    "the setting runtime_dir names a directory for the admin sockets, whose "
                    "parent must exist");
  }
  if (stat(dir.c_str(), &found) != 0) return ErrnoStatus(errno, "looking at", dir);
  const std::string shown = Quote(dir, 256);
  if (!S_ISDIR(found.st_mode)) return FailedPrecondition(shown + " must be a directory");
  if (found.st_uid != geteuid() && found.st_uid != 0) {
    return FailedPrecondition(shown + " must belong to this user or root, belongs to uid " +
                              std::to_string(found.st_uid) + "; set runtime_dir to another one");
  }
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return FailedPrecondition(shown + " must not be writable for others: chmod 0750");
  }
  return OkStatus();
}

// Bound and listening under a name of its own, then renamed over `path`.
StatusOr<UniqueFd> Listen(const std::string& dir, const std::string& path, mode_t mode) {
  const std::string fresh = dir + "/.new";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > kMaxSocketPathBytes) {
    return InvalidArgument("path of a Unix socket must have at most " +
                           std::to_string(kMaxSocketPathBytes) + " bytes, got " +
                           std::to_string(path.size()) + "; set runtime_dir to a shorter one");
  }
  std::memcpy(address.sun_path, fresh.data(), fresh.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "making a socket for", path);
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) {
    return ErrnoStatus(errno, "removing", fresh);
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return ErrnoStatus(errno, "binding", fresh);
  }
  // Until listen() nobody can connect, whatever the umask left. The group is
  // ours even where the directory would hand down its own.
  if (lchown(fresh.c_str(), static_cast<uid_t>(-1), getegid()) != 0 ||
      chmod(fresh.c_str(), mode) != 0) {
    return ErrnoStatus(errno, "setting owner and mode of", fresh);
  }
  if (listen(fd.get(), kBacklog) != 0) return ErrnoStatus(errno, "listening at", path);
  if (rename(fresh.c_str(), path.c_str()) != 0) return ErrnoStatus(errno, "renaming to", path);
  return fd;
}

}  // namespace

StatusOr<std::unique_ptr<AdminSockets>> AdminSockets::Open(const std::string& dir) {
  struct stat found {};
  SVIDENCE_RETURN_IF_ERROR(CheckDirectory(dir, found));
  SVIDENCE_ASSIGN_OR_RETURN(DirLock lock, DirLock::Acquire(dir, kLockWaitMillis));
  const bool is_closed_to_others = (found.st_mode & S_IRWXO) == 0;
  std::vector<Listener> listeners(2);
  listeners[0].path = dir + "/admin.sock";
  listeners[0].may_write = true;
  listeners[1].path = dir + "/read.sock";
  for (Listener& listener : listeners) {
    const mode_t mode = !listener.may_write && is_closed_to_others ? 0666 : 0660;
    SVIDENCE_ASSIGN_OR_RETURN(listener.fd, Listen(dir, listener.path, mode));
  }
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return ErrnoStatus(errno, "making an event for", dir);
  return std::unique_ptr<AdminSockets>(
      new AdminSockets(std::move(lock), std::move(listeners), std::move(wake)));
}

AdminSockets::AdminSockets(DirLock lock, std::vector<Listener> listeners, UniqueFd wake)
    : lock_(std::move(lock)), listeners_(std::move(listeners)), wake_(std::move(wake)) {}

AdminSockets::~AdminSockets() {
  if (thread_.joinable()) {
    (void)eventfd_write(wake_.get(), 1);  // fails only when it is set already
    thread_.join();
  }
  for (const Listener& listener : listeners_) unlink(listener.path.c_str());
}

Status AdminSockets::Start(AdminHandlers handlers) {
  handlers_ = std::move(handlers);
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return ResourceExhausted("no thread for the admin sockets: " + std::string(error.what()));
  }
  return OkStatus();
}

std::vector<pollfd> AdminSockets::WhatToPoll() const {
  std::vector<pollfd> polled;
  polled.push_back({wake_.get(), POLLIN, 0});
  for (const Listener& listener : listeners_) polled.push_back({listener.fd.get(), POLLIN, 0});
  // POLLHUP and POLLERR are always reported.
  for (const Connection& connection : connections_) {
    polled.push_back({connection.watch.get(), POLLRDHUP, 0});
  }
  return polled;
}

void AdminSockets::Run() {
  auto touched = std::chrono::steady_clock::now();
  while (true) {
    std::vector<pollfd> polled = WhatToPoll();
    constexpr int kWakeMillis = 60000;
    if (poll(polled.data(), polled.size(), kWakeMillis) < 0 && errno != EINTR) {
      handlers_.on_refused(ErrnoStatus(errno, "waiting on", admin_path()));
      return;
    }
    if (polled[0].revents != 0) return;
    const std::span<const pollfd> answers = std::span(polled).subspan(1);
    DropClosed(answers.subspan(listeners_.size()));
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (answers[i].revents != 0) AcceptOne(listeners_[i]);
    }
    if (const auto now = std::chrono::steady_clock::now(); now - touched >= kTouchEvery) {
      touched = now;
      TouchFiles();
    }
  }
}

void AdminSockets::TouchFiles() const {
  for (const Listener& listener : listeners_) {
    (void)utimensat(AT_FDCWD, listener.path.c_str(), nullptr, 0);  // a lost race, at worst
  }
}

void AdminSockets::DropClosed(std::span<const pollfd> answers) {
  std::vector<Connection> open;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (answers[i].revents != 0) {
      handlers_.on_closed(connections_[i].fd);
    } else {
      open.push_back(std::move(connections_[i]));
    }
  }
  connections_ = std::move(open);
}

StatusOr<UniqueFd> AdminSockets::Duplicate(int fd) {
  next_number_ = (next_number_ + 1) % kNumbers;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl is declared so.
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, kFirstNumber + next_number_));
  // EINVAL: this process may open too few descriptors (RLIMIT_NOFILE).
  if (!copy.valid()) return ErrnoStatus(errno, "numbering a connection of", admin_path());
  return copy;
}

void AdminSockets::AcceptOne(const Listener& listener) {
  UniqueFd fd(accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    handlers_.on_refused(ErrnoStatus(errno, "accepting at", listener.path));
    // Without a descriptor to spare poll() would report the same at once.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return;
  }
  const auto same =
      std::count_if(connections_.begin(), connections_.end(),
                    [&](const Connection& other) { return other.may_write == listener.may_write; });
  if (static_cast<std::size_t>(same) >= kMaxAdminConnections) {
    handlers_.on_refused(ResourceExhausted(Quote(listener.path, 256) + " serves at most " +
                                           std::to_string(kMaxAdminConnections) + " connections"));
    return;
  }
  const StatusOr<Peer> peer = PeerOf(fd.get());
  StatusOr<UniqueFd> served = Duplicate(fd.get());
  if (!peer.ok() || !served.ok()) {
    handlers_.on_refused(peer.ok() ? served.status() : peer.status());
    return;
  }
  connections_.push_back({std::move(fd), served->get(), listener.may_write});
  handlers_.on_connection(*std::move(served), *peer, listener.may_write);
}

}  // namespace svidence::linux_os
