#include "plugin/shim/connected_daemon.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "plugin/shim/log.h"
#include "plugin/shim/socket_dir.h"

namespace svidence::shim {

Result<Fd> ConnectedDaemon::Start() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() > kMaxSocketPath) {
    return Error{.text = "--connect may have " + std::to_string(kMaxSocketPath) + " bytes, has " +
                         std::to_string(path_.size())};
  }
  std::memcpy(address.sun_path, path_.data(), path_.size());
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return Error{.text = Explain("making the control socket", errno)};
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  if (connect(socket.get(), name, sizeof address) != 0) {
    return Error{.text = Explain("connecting to the daemon at " + Quote(path_), errno),
                 .permanent = false};
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Error{.text = Explain("asking who listens at " + Quote(path_), errno)};
  }
  if (peer.uid != peer_uid_) {
    return Error{.text = "the daemon at " + Quote(path_) + " must run as user " +
                         std::to_string(peer_uid_) + ", runs as user " + std::to_string(peer.uid) +
                         "; see --peer-uid"};
  }
  return socket;
}

void ConnectedDaemon::Leave(ControlLink link) {
  // If there is no room, the end of the link says the same.
  (void)link.SendGoodbye();
}

}  // namespace svidence::shim
