#include "plugin/adapters/linux/shim_listener.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

// sockaddr_un without the final zero.
constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr mode_t kOwnerOnly = 0600;
constexpr int kBacklog = 16;
// After an accept that failed: the socket stays readable.
constexpr int kPauseMillis = 100;

Status Failure(std::string_view what, int error) {
  return Internal(std::string(what) + ": " + std::generic_category().message(error));
}

StatusOr<UniqueFd> Lock(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW;
  UniqueFd lock = OpenFd(path.c_str(), kFlags, kOwnerOnly);
  if (!lock.valid()) return ErrnoStatus(errno, "opening", path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return AlreadyExists("another daemon holds " + Quote(path) + "; stop it first");
  }
  return ErrnoStatus(errno, "locking", path);
}

StatusOr<UniqueFd> Bind(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return Failure("creating the shims' socket", errno);
  // Under the lock: what lies there was left by a daemon that is dead.
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) unlink(path.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  // Before bind(2), which gives the file the mode of the socket less the umask:
  // there is no moment at which others may connect.
  if (fchmod(socket.get(), kOwnerOnly) != 0) return Failure("setting the socket's mode", errno);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ErrnoStatus(errno, "binding", path);
  }
  if (listen(socket.get(), kBacklog) != 0) return ErrnoStatus(errno, "listening on", path);
  return socket;
}

}  // namespace

StatusOr<std::unique_ptr<ShimListener>> ShimListener::Listen(const std::string& path,
                                                             uid_t allowed_uid) {
  if (path.empty() || path.front() != '/') {
    return InvalidArgument("the shims' socket must be absolute, got " + Quote(path));
  }
  if (path.size() > kMaxPath) {
    return InvalidArgument("the shims' socket may have " + std::to_string(kMaxPath) +
                           " bytes, has " + std::to_string(path.size()));
  }
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd lock, Lock(path + ".lock"));
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd socket, Bind(path));
  UniqueFd wake(eventfd(0, EFD_CLOEXEC));
  if (!wake.valid()) return Failure("making an eventfd", errno);
  // Not make_unique: the constructor is private.
  return std::unique_ptr<ShimListener>(
      new ShimListener(path, allowed_uid, std::move(lock), std::move(socket), std::move(wake)));
}

ShimListener::ShimListener(std::string path, uid_t allowed_uid, UniqueFd lock, UniqueFd socket,
                           UniqueFd wake)
    : path_(std::move(path)),
      allowed_uid_(allowed_uid),
      lock_(std::move(lock)),
      socket_(std::move(socket)),
      wake_(std::move(wake)) {}

ShimListener::~ShimListener() {
  if (thread_.joinable()) {
    // Cannot fail: the counter of a fresh eventfd has room.
    (void)eventfd_write(wake_.get(), 1);
    thread_.join();
  }
  unlink(path_.c_str());
}

Status ShimListener::Start(ShimListenerHandlers handlers) {
  if (thread_.joinable()) return FailedPrecondition("the listener has been started before");
  try {
    thread_ = std::thread([this, own = std::move(handlers)] { Run(own); });
  } catch (const std::system_error& error) {
    return ResourceExhausted(std::string("starting the listener's thread: ") + error.what());
  }
  return OkStatus();
}

void ShimListener::Run(const ShimListenerHandlers& handlers) {
  std::array<pollfd, 2> waits = {pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = socket_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    if (poll(waits.data(), waits.size(), -1) <= 0) continue;
    if (waits[0].revents != 0) return;
    StatusOr<std::unique_ptr<ShimLink>> link = AcceptOne();
    if (link.ok()) {
      handlers.on_shim(*std::move(link));
      continue;
    }
    if (handlers.on_refused) handlers.on_refused(link.status());
    // Not the peer but this process is at its end: wait for what may free it.
    if (link.status().code() == StatusCode::kInternal) (void)poll(waits.data(), 1, kPauseMillis);
  }
}

StatusOr<std::unique_ptr<ShimLink>> ShimListener::AcceptOne() {
  UniqueFd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) {
    const int error = errno;
    return error == EAGAIN || error == ECONNABORTED || error == EINTR
               ? Unavailable("a shim is gone before it was accepted")
               : Failure("accepting a shim", error);
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Failure("asking who connects", errno);
  }
  if (peer.uid != allowed_uid_) {
    return PermissionDenied("a shim must run as user " + std::to_string(allowed_uid_) +
                            ", process " + std::to_string(peer.pid) + " runs as user " +
                            std::to_string(peer.uid));
  }
  return ShimLink::Open(std::move(socket));
}

}  // namespace svidence::linux_os
