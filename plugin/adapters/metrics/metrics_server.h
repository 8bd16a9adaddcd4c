// Serves /metrics and /health on a loopback port or a Unix socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "attestors/base/status.h"
#include "plugin/adapters/metrics/http_exchange.h"
#include "plugin/core/config/listen_address.h"

namespace svidence::metrics {

// Connections at a time; further ones wait in the kernel's queue.
constexpr std::size_t kMaxConnections = 16;
// From accept to the end of a connection, whatever the peer does.
constexpr std::chrono::milliseconds kConnectionTime{5000};

// One thread of its own; whatever a peer sends, it goes on.
class MetricsServer {
 public:
  // Binds, listens and starts the thread. A Unix socket gets mode 0660; a socket
  // file that nobody listens on any more is replaced. Port 0 takes a free port.
  //
  // Errors: InvalidArgument unless `address` is loopback or an absolute path;
  //         AlreadyExists if the port or socket is in use; Internal with what
  //         the kernel said; ResourceExhausted if there is no thread.
  static StatusOr<std::unique_ptr<MetricsServer>> Start(const config::ListenAddress& address,
                                                        Pages pages);

  // Ends the thread, closes every connection, removes the socket file.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // The port in use; 0 for a Unix socket.
  std::uint16_t port() const;

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence::metrics
