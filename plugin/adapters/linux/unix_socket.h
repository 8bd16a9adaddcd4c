// Connecting to a Unix socket, with errors that say what to do.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

// Longest path of a Unix socket: sun_path holds a NUL too.
constexpr std::size_t kMaxSocketPathBytes = 107;

// Connects to the stream socket at `path` and does not block.
//
// `owner` is who should be listening, e.g. "SPIRE server"; `fix` ends each
// message, e.g. "the setting spire_server_socket names its socket".
// Errors: NotFound if there is no such file; PermissionDenied; Unavailable if
//         nobody listens or too many wait; InvalidArgument if the path is too
//         long or is not a socket.
StatusOr<UniqueFd> ConnectUnixSocket(const std::string& path, std::string_view owner,
                                     std::string_view fix);

// Who is at the other end, as of the moment it connected.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
// Source: unix(7), SO_PEERCRED.
StatusOr<Peer> PeerOf(int fd);

}  // namespace svidence::linux_os
