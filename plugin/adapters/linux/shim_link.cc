#include "plugin/adapters/linux/shim_link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "plugin/shim/packet.h"
#include "plugin/shim/protocol.h"

namespace svidence::linux_os {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kHelloTimeout(2000);
constexpr milliseconds kSendTimeout(1000);
constexpr milliseconds kSendRetry(10);  // where poll(2) cannot tell when there is room
constexpr milliseconds kHeartbeat(shim::kHeartbeatMillis);

std::string ErrnoText(int error) { return std::generic_category().message(error); }

int MillisUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// Waits for `events` on `socket` until `deadline`. False: none came.
bool WaitFor(int socket, std::int16_t events, Clock::time_point deadline) {
  pollfd wait = {.fd = socket, .events = events, .revents = 0};
  int count = 0;
  do {
    count = poll(&wait, 1, MillisUntil(deadline));
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

Status Send(int socket, shim::MessageType type, std::string_view text = {}, int fd = -1) {
  const Clock::time_point deadline = Clock::now() + kSendTimeout;
  while (true) {
    const int error = shim::SendPacket(socket, type, text, fd);
    if (error == 0) return OkStatus();
    if (!shim::IsTransient(error)) return Unavailable("the shim is gone: " + ErrnoText(error));
    if (Clock::now() >= deadline) {
      return DeadlineExceeded("the shim must read within " + std::to_string(kSendTimeout.count()) +
                              " ms: " + ErrnoText(error));
    }
    if (error == EAGAIN) {
      (void)WaitFor(socket, POLLOUT, deadline);  // the next send tells
    } else {
      std::this_thread::sleep_for(kSendRetry);
    }
  }
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return ResourceExhausted("writing the saved state: " + ErrnoText(errno));
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return OkStatus();
}

// A memfd with `bytes`, which nobody can change any more.
StatusOr<UniqueFd> Seal(std::string_view bytes) {
  UniqueFd fd(memfd_create("svidence-state", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) return ResourceExhausted("making a memfd: " + ErrnoText(errno));
  SVIDENCE_RETURN_IF_ERROR(WriteAll(fd.get(), bytes));
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  if (fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) {
    return Internal("sealing the saved state: " + ErrnoText(errno));
  }
  return fd;
}

StatusOr<std::string> ReadState(int fd) {
  const std::string problem = shim::FindStateProblem(fd);
  if (!problem.empty()) return DataLoss(problem);
  struct stat info {};
  if (fstat(fd, &info) != 0) return DataLoss("reading the saved state: " + ErrnoText(errno));
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    // At an offset of our own: the shim's copy shares the file's.
    const ssize_t got =
        pread(fd, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return DataLoss("reading the saved state: " + ErrnoText(got < 0 ? errno : EIO));
    size += static_cast<std::size_t>(got);
  }
  return bytes;
}

struct Hello {
  std::string plugin_type;
  std::optional<std::string> state;
};

StatusOr<Hello> ReceiveHello(int socket) {
  if (!WaitFor(socket, POLLIN, Clock::now() + kHelloTimeout)) {
    return DeadlineExceeded("the shim must say hello within " +
                            std::to_string(kHelloTimeout.count()) + " ms");
  }
  shim::Received received = shim::ReceivePacket(socket);
  const UniqueFd state(received.packet.fd);
  switch (received.arrival) {
    case shim::Arrival::kBad:
      return InvalidArgument(received.problem);
    case shim::Arrival::kFdLost:
      return DataLoss("no descriptor is free for the saved state");
    case shim::Arrival::kNothing:
    case shim::Arrival::kClosed:
      return Unavailable("the shim has closed the link");
    case shim::Arrival::kPacket:
      break;
  }
  if (received.packet.type != shim::MessageType::kHello) {
    return InvalidArgument("the first message must be hello, got message " +
                           std::to_string(static_cast<unsigned>(received.packet.type)));
  }
  Hello hello = {.plugin_type = std::move(received.packet.text), .state = std::nullopt};
  if (state.valid()) {
    SVIDENCE_ASSIGN_OR_RETURN(hello.state, ReadState(state.get()));
  }
  return hello;
}

}  // namespace

StatusOr<UniqueFd> ShimLink::TakeInheritedSocket() {
  // NOLINTBEGIN(concurrency-mt-unsafe): called before there are threads.
  const char* const value = getenv(shim::kShimVariable);
  if (value == nullptr || std::string_view(value) != "1") {
    return FailedPrecondition(
        "svidence-shim starts this program, as plugin_cmd in SPIRE's "
        "configuration");
  }
  unsetenv(shim::kShimVariable);
  // NOLINTEND(concurrency-mt-unsafe)
  int type = 0;
  int domain = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(shim::kControlFd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      getsockopt(shim::kControlFd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 ||
      type != SOCK_SEQPACKET || domain != AF_UNIX) {
    return InvalidArgument("descriptor " + std::to_string(shim::kControlFd) +
                           " must be the shim's control socket, as " +
                           std::string(shim::kShimVariable) + " says");
  }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so.
  if (fcntl(shim::kControlFd, F_SETFD, FD_CLOEXEC) != 0) return Internal(ErrnoText(errno));
  return UniqueFd(shim::kControlFd);
}

StatusOr<std::unique_ptr<ShimLink>> ShimLink::Open(UniqueFd socket) {
  SVIDENCE_ASSIGN_OR_RETURN(Hello hello, ReceiveHello(socket.get()));
  UniqueFd wake(eventfd(0, EFD_CLOEXEC));
  if (!wake.valid()) return ResourceExhausted("making an eventfd: " + ErrnoText(errno));
  // Not make_unique: the constructor is private.
  return std::unique_ptr<ShimLink>(new ShimLink(
      std::move(socket), std::move(wake), std::move(hello.plugin_type), std::move(hello.state)));
}

ShimLink::ShimLink(UniqueFd socket, UniqueFd wake, std::string plugin_type,
                   std::optional<std::string> saved_state)
    : socket_(std::move(socket)),
      wake_(std::move(wake)),
      plugin_type_(std::move(plugin_type)),
      saved_state_(std::move(saved_state)) {}

ShimLink::~ShimLink() {
  if (!thread_.joinable()) return;
  // Cannot fail: the counter of a fresh eventfd has room.
  (void)eventfd_write(wake_.get(), 1);
  thread_.join();
}

Status ShimLink::Start(ShimHandlers handlers) {
  if (thread_.joinable()) return FailedPrecondition("the link has been started before");
  try {
    thread_ = std::thread([this, own = std::move(handlers)] { Run(own); });
  } catch (const std::system_error& error) {
    return ResourceExhausted(std::string("starting the link's thread: ") + error.what());
  }
  return OkStatus();
}

void ShimLink::Run(const ShimHandlers& handlers) {
  Clock::time_point beat_at = Clock::now();
  StatusOr<bool> going_on = true;
  while (going_on.ok() && *going_on) {
    if (Clock::now() >= beat_at) {
      SendHeartbeat(handlers);
      beat_at = Clock::now() + kHeartbeat;
    }
    std::array<pollfd, 2> waits = {pollfd{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    if (poll(waits.data(), waits.size(), MillisUntil(beat_at)) <= 0) continue;
    if (waits[1].revents != 0) return;  // the destructor: nobody is left to be told
    if (waits[0].revents != 0) going_on = ReceiveOne(handlers);
  }
  if (handlers.on_gone) handlers.on_gone(going_on.status());
  gone_.store(true, std::memory_order_release);
}

StatusOr<bool> ShimLink::ReceiveOne(const ShimHandlers& handlers) {
  shim::Received received = shim::ReceivePacket(socket_.get());
  UniqueFd fd(received.packet.fd);
  switch (received.arrival) {
    case shim::Arrival::kNothing:
    case shim::Arrival::kFdLost:  // that connection is closed; SPIRE makes another
      return true;
    case shim::Arrival::kClosed:
      return false;
    case shim::Arrival::kBad:
      return InvalidArgument("the link to the shim is broken: " + received.problem);
    case shim::Arrival::kPacket:
      break;
  }
  if (received.packet.type == shim::MessageType::kGoodbye) return false;
  if (received.packet.type != shim::MessageType::kConnection) {
    return InvalidArgument("the shim sent message " +
                           std::to_string(static_cast<unsigned>(received.packet.type)) +
                           ", which is none of a shim after hello");
  }
  // Said before it is served: from here on it is lost with this process.
  SVIDENCE_RETURN_IF_ERROR(Send(socket_.get(), shim::MessageType::kTaken));
  if (handlers.on_connection) handlers.on_connection(std::move(fd));
  return true;
}

void ShimLink::SendHeartbeat(const ShimHandlers& handlers) {
  if (handlers.alive && !handlers.alive()) return;
  // Not Send(): if there is no room, a shim that reads again finds older ones.
  (void)shim::SendPacket(socket_.get(), shim::MessageType::kHeartbeat);
}

Status ShimLink::SendReady() { return Send(socket_.get(), shim::MessageType::kReady); }

Status ShimLink::SendFailed(std::string_view reason) {
  return Send(socket_.get(), shim::MessageType::kFailed, reason);
}

Status ShimLink::SendShutdown() { return Send(socket_.get(), shim::MessageType::kShutdown); }

Status ShimLink::SaveState(std::string_view state) {
  if (state.size() > shim::kMaxStateBytes) {
    return InvalidArgument("the saved state may have " + std::to_string(shim::kMaxStateBytes) +
                           " bytes, has " + std::to_string(state.size()));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const UniqueFd fd, Seal(state));
  return Send(socket_.get(), shim::MessageType::kState, {}, fd.get());
}

}  // namespace svidence::linux_os
