// One message of plugin/shim/protocol.h in one packet of a SOCK_SEQPACKET
// socket. Both ends use this code: the shim, and the daemon's ShimLink.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "plugin/shim/protocol.h"

namespace svidence::shim {

struct Packet {
  MessageType type = MessageType::kHeartbeat;
  std::string text;  // at most kMaxText bytes, as the peer wrote them
  int fd = -1;       // close-on-exec, the receiver's to close; -1: none
};

enum class Arrival {
  kPacket,
  kNothing,  // not yet
  kClosed,   // the peer has ended; all that it sent before has been read
  // A packet came whose descriptor found no room in this process (EMFILE) and
  // was closed by the kernel. The link is sound.
  kFdLost,
  kBad,  // not a message of this protocol or version; the link is of no use
};

struct Received {
  Arrival arrival = Arrival::kNothing;
  Packet packet;        // kPacket, kFdLost (then without descriptor)
  std::string problem;  // kBad: why
};

// Reads one packet without waiting. A descriptor that has no place in the
// message is closed.
Received ReceivePacket(int socket);

// Sends one packet without waiting; `text` is cut to kMaxText bytes, `fd` is
// passed unless negative, and stays the caller's. The value is 0 or an errno:
// EAGAIN, ENOBUFS, ENOMEM and ETOOMANYREFS pass, the others mean that the link
// is at its end.
int SendPacket(int socket, MessageType type, std::string_view text = {}, int fd = -1);
bool IsTransient(int send_error);

// What is wrong with a packet of `size` bytes that begins with `header` and
// came with `fds` descriptors; empty if nothing.
std::string FindProblem(const Header& header, std::size_t size, std::size_t fds);

// What is wrong with `fd` as a saved state: it must be a memfd sealed against
// writing, growing, shrinking and new seals, of at most kMaxStateBytes. Empty
// if nothing. Without the seals its size could change under the reader.
std::string FindStateProblem(int fd);

}  // namespace svidence::shim
