#include "plugin/adapters/linux/unix_socket.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

constexpr std::size_t kMaxShownBytes = 256;

Status ExplainConnect(int error, const std::string& path, std::string_view owner,
                      std::string_view fix) {
  const std::string where = Quote(path, kMaxShownBytes);
  const std::string who(owner);
  const std::string end = "; " + std::string(fix);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return NotFound("no socket of " + who + " at " + where + ": is it running?" + end);
    case EACCES:
    case EPERM:
      return PermissionDenied("not allowed to connect to " + who + " at " + where +
                              ": this user has no right to the socket or its directory" + end);
    case ECONNREFUSED:
      return Unavailable("nobody listens at " + where + ": " + who + " has ended" + end);
    case EAGAIN:
      return Unavailable(who + " at " + where + " has too many connections waiting" + end);
    case EPROTOTYPE:
    case ENOTSOCK:
      return InvalidArgument(where + " is not a stream socket of " + who + end);
    default:
      return Annotate(ErrnoStatus(error, "connecting to", path), owner);
  }
}

}  // namespace

StatusOr<UniqueFd> ConnectUnixSocket(const std::string& path, std::string_view owner,
                                     std::string_view fix) {
  if (path.empty() || path.size() > kMaxSocketPathBytes) {
    return InvalidArgument("path of a Unix socket must have 1 to " +
                           std::to_string(kMaxSocketPathBytes) + " bytes, got " +
                           std::to_string(path.size()) + "; " + std::string(fix));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ErrnoStatus(errno, "making a socket for", path);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return ExplainConnect(errno, path, owner, fix);
  }
  return fd;
}

StatusOr<Peer> PeerOf(int fd) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Internal("reading the peer of a Unix socket: errno " + std::to_string(errno));
  }
  return Peer{credentials.pid, credentials.uid, credentials.gid};
}

}  // namespace svidence::linux_os
