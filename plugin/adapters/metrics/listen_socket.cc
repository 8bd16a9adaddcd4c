#include "plugin/adapters/metrics/listen_socket.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "attestors/base/status.h"

namespace svidence::metrics {
namespace {

using linux_os::UniqueFd;

constexpr int kBacklog = 16;
constexpr mode_t kSocketMode = 0660;

// Any of the addresses we bind to.
union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

Status KernelSays(std::string_view what, int error) {
  const std::string message = std::string(what) + ": " + std::system_category().message(error);
  return error == EADDRINUSE ? AlreadyExists(message) : Internal(message);
}

StatusOr<socklen_t> FillAddress(const config::ListenAddress& from, Address& to) {
  std::memset(&to, 0, sizeof(to));
  if (!from.unix_path.empty()) {
    if (!from.unix_path.starts_with('/') || from.unix_path.size() >= sizeof(to.local.sun_path)) {
      return InvalidArgument("a socket path must be absolute and at most 107 bytes, got " +
                             Quote(from.unix_path));
    }
    to.local.sun_family = AF_UNIX;
    from.unix_path.copy(to.local.sun_path, from.unix_path.size());
    return socklen_t{sizeof(to.local)};
  }
  if (from.host == "127.0.0.1") {
    to.v4.sin_family = AF_INET;
    to.v4.sin_port = htons(from.port);
    to.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return socklen_t{sizeof(to.v4)};
  }
  if (from.host == "::1") {
    to.v6.sin6_family = AF_INET6;
    to.v6.sin6_port = htons(from.port);
    to.v6.sin6_addr = in6addr_loopback;
    return socklen_t{sizeof(to.v6)};
  }
  return InvalidArgument("only loopback is served, got host " + Quote(from.host));
}

// Removes a socket file that a process which is gone has left. Any other file,
// and a socket on which somebody listens, stays: bind() then says so.
void RemoveStaleSocket(const std::string& path, const Address& address, socklen_t size) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return;
  if (connect(probe.get(), &address.any, size) != 0 && errno == ECONNREFUSED) unlink(path.c_str());
}

}  // namespace

StatusOr<UniqueFd> OpenListenSocket(const config::ListenAddress& address) {
  Address where{};
  SVIDENCE_ASSIGN_OR_RETURN(const socklen_t size, FillAddress(address, where));
  const std::string& path = address.unix_path;
  const std::string name =
      path.empty() ? address.host + ":" + std::to_string(address.port) : Quote(path);
  UniqueFd fd(socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return KernelSays("opening a socket for metrics", errno);
  if (path.empty()) {
    const int on = 1;  // a port in TIME_WAIT may be taken again after a restart
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  } else {
    RemoveStaleSocket(path, where, size);
  }
  if (bind(fd.get(), &where.any, size) != 0) {
    return KernelSays("binding metrics to " + name, errno);
  }
  if (!path.empty() && chmod(path.c_str(), kSocketMode) != 0) {
    const int error = errno;
    unlink(path.c_str());
    return KernelSays("setting the mode of " + name, error);
  }
  if (listen(fd.get(), kBacklog) != 0) return KernelSays("listening on " + name, errno);
  return fd;
}

std::uint16_t BoundPort(const UniqueFd& socket) {
  Address address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket.get(), &address.any, &size) != 0) return 0;
  if (address.any.sa_family == AF_INET) return ntohs(address.v4.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : std::uint16_t{0};
}

}  // namespace svidence::metrics
