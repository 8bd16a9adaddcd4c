#include "plugin/adapters/metrics/listen_socket.h"

#include <cerrno>
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
struct Address {
  template <typename Kind>
  Kind& As() {
    static_assert(sizeof(Kind) <= sizeof(storage));
    return reinterpret_cast<Kind&>(storage);
  }
  const sockaddr* any() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

Status KernelSays(std::string_view what, int error) {
  const std::string message = std::string(what) + ": " + std::system_category().message(error);
  return error == EADDRINUSE ? AlreadyExists(message) : Internal(message);
}

StatusOr<Address> LocalAddress(const std::string& path) {
  Address address{.size = sizeof(sockaddr_un)};
  auto& local = address.As<sockaddr_un>();
  if (!path.starts_with('/') || path.size() >= sizeof(local.sun_path)) {
    return InvalidArgument("a socket path must be absolute and at most 107 bytes, got " +
                           Quote(path));
  }
  local.sun_family = AF_UNIX;
  path.copy(local.sun_path, path.size());
  return address;
}

StatusOr<Address> ToAddress(const config::ListenAddress& from) {
  if (!from.unix_path.empty()) return LocalAddress(from.unix_path);
  Address address;
  if (from.host == "127.0.0.1") {
    auto& v4 = address.As<sockaddr_in>();
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from.port);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.size = sizeof(v4);
    return address;
  }
  if (from.host == "::1") {
    auto& v6 = address.As<sockaddr_in6>();
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(from.port);
    v6.sin6_addr = in6addr_loopback;
    address.size = sizeof(v6);
    return address;
  }
  return InvalidArgument("only loopback is served, got host " + Quote(from.host));
}

// Removes a socket file that a process which is gone has left. Any other file,
// and a socket on which somebody listens, stays: bind() then says so.
void RemoveStaleSocket(const std::string& path, const Address& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return;
  if (connect(probe.get(), address.any(), address.size) != 0 && errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
}

}  // namespace

StatusOr<UniqueFd> OpenListenSocket(const config::ListenAddress& address) {
  SVIDENCE_ASSIGN_OR_RETURN(const Address where, ToAddress(address));
  const std::string& path = address.unix_path;
  const std::string name =
      path.empty() ? address.host + ":" + std::to_string(address.port) : Quote(path);
  UniqueFd fd(socket(where.any()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return KernelSays("opening a socket for metrics", errno);
  if (path.empty()) {
    const int on = 1;  // a port in TIME_WAIT may be taken again after a restart
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  } else {
    RemoveStaleSocket(path, where);
  }
  if (bind(fd.get(), where.any(), where.size) != 0) {
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
  Address address{.size = sizeof(address.storage)};
  if (getsockname(socket.get(), &address.As<sockaddr>(), &address.size) != 0) return 0;
  if (address.any()->sa_family == AF_INET) return ntohs(address.As<sockaddr_in>().sin_port);
  if (address.any()->sa_family == AF_INET6) return ntohs(address.As<sockaddr_in6>().sin6_port);
  return 0;
}

}  // namespace svidence::metrics
