// An HTTP/1.1 server for machines: small requests, plain or over TLS 1.3.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "attestors/base/status.h"
#include "plugin/adapters/http/tls_files.h"
#include "plugin/core/http/ports.h"

namespace svidence::http {

struct ServerOptions {
  std::string host = "127.0.0.1";  // an IP address
  std::uint16_t port = 0;          // 0 takes a free one
  std::size_t threads = 2;         // 1 to 64; the handler is called on them
  // Further connections wait in the kernel's queue. One address may have a quarter
  // of them, but 8 in any case; loopback, where proxies sit, may have all.
  std::size_t max_connections = 256;
  std::size_t max_header_bytes = std::size_t{16} << 10U;
  std::size_t max_body_bytes = std::size_t{1} << 20U;
  std::chrono::milliseconds idle_time{30'000};   // between requests
  std::chrono::milliseconds read_time{10'000};   // first byte to last, and the handshake
  std::chrono::milliseconds write_time{30'000};  // of a whole answer
  std::chrono::milliseconds stop_time{5'000};    // for requests under way at the end
  std::optional<TlsFiles> tls{};                 // nullopt: plain
};

// Answers through `handler` what RefusalOf() passes, and everything else itself
// with 4xx or by closing. Whatever a peer sends, it goes on.
class Server {
 public:
  // Binds, listens and starts the threads. `handler` must outlive it.
  // Errors: InvalidArgument if the host is no IP address, a bound is 0, or the TLS
  //         files do not read; AlreadyExists if the port is taken; PermissionDenied
  //         if it needs a right; ResourceExhausted if there are no threads.
  static StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, Handler& handler);

  // Takes no more connections, closes idle ones, lets requests under way end
  // within `stop_time`, and waits for the handler in any case.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  // Connections open now.
  std::size_t connections() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence::http
