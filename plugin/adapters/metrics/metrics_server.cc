#include "plugin/adapters/metrics/metrics_server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/metrics/connection.h"
#include "plugin/adapters/metrics/listen_socket.h"

namespace svidence::metrics {
namespace {

using linux_os::UniqueFd;

// How long accepting rests after the kernel had no descriptor or memory for it.
constexpr std::int64_t kAcceptPauseMillis = 1000;

std::int64_t NowMillis() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(UniqueFd listener, UniqueFd wake, std::string path, Pages pages)
      : listener_(std::move(listener)),
        wake_(std::move(wake)),
        path_(std::move(path)),
        pages_(std::move(pages)) {}
  ~Impl() {
    if (thread_.joinable()) {
      eventfd_write(wake_.get(), 1);
      thread_.join();
    }
    if (!path_.empty()) unlink(path_.c_str());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const { return BoundPort(listener_); }

  // A thread that cannot be made is an exception in the library, a Status here.
  Status StartThread() noexcept try {
    thread_ = std::thread([this] { Run(); });
    return OkStatus();
  } catch (const std::system_error&) {
    return ResourceExhausted("no thread for the metrics endpoint; raise the limit of tasks");
  }

 private:
  void Run() {
    std::vector<pollfd> polled;
    for (;;) {
      const std::int64_t now = NowMillis();
      std::erase_if(connections_,
                    [now](const Connection& one) { return one.deadline_millis() <= now; });
      FillPolled(polled, now);
      if (poll(polled.data(), polled.size(), TimeoutMillis(now)) < 0) continue;  // EINTR
      if (polled[0].revents != 0) return;
      StepConnections(polled);
      if (polled[1].revents != 0) AcceptOne();
    }
  }

  // First the end, then the listener, then the connections in their order.
  void FillPolled(std::vector<pollfd>& polled, std::int64_t now) const {
    polled.clear();
    const bool may_accept = connections_.size() < kMaxConnections && now >= accept_again_at_;
    polled.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
    polled.push_back({.fd = may_accept ? listener_.get() : -1, .events = POLLIN, .revents = 0});
    for (const Connection& one : connections_) {
      polled.push_back({.fd = one.fd(), .events = one.events(), .revents = 0});
    }
  }

  // Until the next deadline; for ever if there is none.
  int TimeoutMillis(std::int64_t now) const {
    std::int64_t wait = accept_again_at_ > now ? accept_again_at_ - now : -1;
    for (const Connection& one : connections_) {
      const std::int64_t left = one.deadline_millis() - now;
      wait = wait < 0 ? left : std::min(wait, left);
    }
    return static_cast<int>(wait);
  }

  void StepConnections(const std::vector<pollfd>& polled) {
    std::vector<Connection> alive;
    alive.reserve(connections_.size() + 1);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      const bool ready = polled[i + 2].revents != 0;
      if (!ready || connections_[i].Step(pages_)) alive.push_back(std::move(connections_[i]));
    }
    connections_ = std::move(alive);
  }

  void AcceptOne() {
    UniqueFd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      connections_.emplace_back(std::move(socket), NowMillis() + kConnectionTime.count());
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_again_at_ = NowMillis() + kAcceptPauseMillis;
    }
  }

  const UniqueFd listener_;
  const UniqueFd wake_;  // eventfd: the destructor ends the thread
  const std::string path_;
  const Pages pages_;
  std::vector<Connection> connections_;  // of the thread alone, as is what follows
  std::int64_t accept_again_at_ = 0;     // NowMillis()
  std::thread thread_;
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

std::uint16_t MetricsServer::port() const { return impl_->port(); }

StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const config::ListenAddress& address,
                                                              Pages pages) {
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd listener, OpenListenSocket(address));
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Internal("no eventfd for the metrics endpoint");
  auto impl = std::make_unique<Impl>(std::move(listener), std::move(wake), address.unix_path,
                                     std::move(pages));
  SVIDENCE_RETURN_IF_ERROR(impl->StartThread());
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

}  // namespace svidence::metrics
