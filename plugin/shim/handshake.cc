#include "plugin/shim/handshake.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "plugin/shim/protocol.h"

namespace svidence::shim {

std::string HandshakeLine(std::string_view socket_path) {
  return "1|1|unix|" + std::string(socket_path) + "|grpc|\n";
}

Result<Handshake> Handshake::Take() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  Fd saved(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, kControlFd + 1));
  if (!saved.valid()) return Error{.text = Explain("saving stdout", errno)};
  if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return Error{.text = Explain("pointing stdout to stderr", errno)};
  }
  return Handshake(std::move(saved));
}

void Handshake::Announce(std::string_view socket_path) {
  if (!stdout_.valid()) return;
  const std::string line = HandshakeLine(socket_path);
  ssize_t wrote = 0;
  do {
    wrote = write(stdout_.get(), line.data(), line.size());
  } while (wrote < 0 && errno == EINTR);
  // A failed write means that SPIRE is gone, which the parent watch tells.
  stdout_.Reset();
}

}  // namespace svidence::shim
