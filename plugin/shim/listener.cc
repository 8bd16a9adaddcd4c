#include "plugin/shim/listener.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "plugin/shim/socket_dir.h"

namespace svidence::shim {
namespace {

// SPIRE opens one connection at a time.
constexpr int kBacklog = 128;
constexpr mode_t kOwnerOnly = 0177;

}  // namespace

Result<Listener> Listener::Bind(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() > kMaxSocketPath) return Error{.text = "the socket's path is too long: " + path};
  std::memcpy(address.sun_path, path.data(), path.size());

  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return Error{.text = Explain("creating the plugin's socket", errno)};
  const mode_t before = umask(kOwnerOnly);
  const int bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  // Back to SPIRE's: the daemon inherits it, and its files are not our business.
  umask(before);
  if (bound != 0) return Error{.text = Explain("binding " + path, error)};
  if (listen(socket.get(), kBacklog) != 0) {
    return Error{.text = Explain("listening on " + path, errno)};
  }
  return Listener(std::move(socket));
}

Fd Listener::Accept(int& error) const {
  Fd connection(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  error = 0;
  // Not ours to report: the peer is gone again, or there is none.
  if (!connection.valid() && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    error = errno;
  }
  return connection;
}

}  // namespace svidence::shim
