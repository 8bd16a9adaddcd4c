#include "plugin/shim/packet.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace svidence::shim {
namespace {

// One more than any message has, so that too many are seen as such.
constexpr std::size_t kMaxFds = 2;

struct Message {
  Header header;
  std::array<char, kMaxText + 1> text{};  // one more, to see a packet that is too long
};

// Room for a control message with `kMaxFds` descriptors, aligned as cmsg(3) asks.
union Control {
  cmsghdr align;
  std::array<char, CMSG_SPACE(kMaxFds * sizeof(int))> bytes;
};

struct Fds {
  std::array<int, kMaxFds> fd{};
  std::size_t count = 0;

  void CloseAll() {
    for (std::size_t i = 0; i < count; ++i) close(fd[i]);
    count = 0;
  }
};

Fds TakeFds(msghdr& message) {
  Fds fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    fds.count = std::min(kMaxFds, (part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(fds.fd.data(), CMSG_DATA(part), fds.count * sizeof(int));
  }
  return fds;
}

bool TakesFd(MessageType type) {
  return type == MessageType::kHello || type == MessageType::kConnection ||
         type == MessageType::kState;
}

bool NeedsFd(MessageType type) { return TakesFd(type) && type != MessageType::kHello; }

bool TakesText(MessageType type) {
  return type == MessageType::kHello || type == MessageType::kFailed;
}

// recvmsg(2) without waiting. A peer that ended with packets unread leaves
// ECONNRESET here, once, before the packets that it sent itself.
ssize_t Receive(int socket, msghdr& message) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
  const msghdr fresh = message;
  ssize_t got = recvmsg(socket, &message, kFlags);
  for (int tries = 0; got < 0 && (errno == EINTR || errno == ECONNRESET) && tries < 3; ++tries) {
    message = fresh;
    got = recvmsg(socket, &message, kFlags);
  }
  return got;
}

}  // namespace

std::string FindProblem(const Header& header, std::size_t size, std::size_t fds) {
  if (size < sizeof(Header)) {
    return "a packet must hold a header of " + std::to_string(sizeof(Header)) + " bytes, got " +
           std::to_string(size);
  }
  if (header.magic != kMagic) return "the peer does not speak the shim protocol";
  if (header.version != kProtocolVersion) {
    return "the peer speaks version " + std::to_string(header.version) +
           " of the shim protocol, this is version " + std::to_string(kProtocolVersion) +
           "; install shim and daemons of one build";
  }
  const std::string name = "message " + std::to_string(static_cast<unsigned>(header.type));
  const std::size_t text_bytes = size - sizeof(Header);
  if (header.text_bytes > kMaxText || header.text_bytes != text_bytes) {
    return name + " says that it has " + std::to_string(header.text_bytes) +
           " bytes of text, has " + std::to_string(text_bytes) + ", and may have " +
           std::to_string(kMaxText);
  }
  if (text_bytes > 0 && !TakesText(header.type)) return name + " must have no text";
  if (fds > (TakesFd(header.type) ? 1U : 0U) || (fds == 0 && NeedsFd(header.type))) {
    return name + " came with " + std::to_string(fds) + " descriptors";
  }
  return {};
}

Received ReceivePacket(int socket) {
  Message buffer;
  Control control{};
  iovec part = {.iov_base = &buffer, .iov_len = sizeof buffer};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  const ssize_t got = Receive(socket, message);
  if (got < 0 && errno == EAGAIN) return {};
  if (got <= 0) return {.arrival = Arrival::kClosed, .packet = {}, .problem = {}};

  const auto size = static_cast<std::size_t>(got);
  Fds fds = TakeFds(message);
  // The kernel cuts what finds no room: here (more than kMaxFds, refused below
  // with what did fit), or in our table of descriptors (nothing fitted).
  const bool lost = (message.msg_flags & MSG_CTRUNC) != 0 && fds.count == 0;
  std::string problem = FindProblem(buffer.header, size, lost ? 1 : fds.count);
  if (!problem.empty()) {
    fds.CloseAll();
    return {.arrival = Arrival::kBad, .packet = {}, .problem = std::move(problem)};
  }
  Packet packet = {.type = buffer.header.type,
                   .text = std::string(buffer.text.data(), size - sizeof(Header)),
                   .fd = fds.count == 1 ? fds.fd[0] : -1};
  return {.arrival = lost ? Arrival::kFdLost : Arrival::kPacket,
          .packet = std::move(packet),
          .problem = {}};
}

int SendPacket(int socket, MessageType type, std::string_view text, int fd) {
  text = text.substr(0, kMaxText);
  Header header;
  header.type = type;
  header.text_bytes = static_cast<std::uint32_t>(text.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes += text;

  Control control{};
  iovec part = {.iov_base = bytes.data(), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof fd);
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

bool IsTransient(int send_error) {
  return send_error == EAGAIN || send_error == ENOBUFS || send_error == ENOMEM ||
         send_error == ETOOMANYREFS;
}

std::string FindStateProblem(int fd) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0) return "the saved state must be a memfd";
  if ((seals & kSeals) != kSeals) return "the saved state must be sealed";
  struct stat info {};
  if (fstat(fd, &info) != 0) return "the saved state cannot be read";
  if (info.st_size < 0 || static_cast<std::size_t>(info.st_size) > kMaxStateBytes) {
    return "the saved state must have at most " + std::to_string(kMaxStateBytes) + " bytes, has " +
           std::to_string(info.st_size);
  }
  return {};
}

}  // namespace svidence::shim
