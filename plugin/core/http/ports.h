// Ports: asking and answering over HTTP, as far as the core has to know.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"

namespace svidence::http {

// Who the other end of a TLS connection has proved to be, with a certificate that
// leads to one of the server's authorities for clients.
struct Peer {
  std::vector<std::string> uris{};  // all URI names of its certificate
  std::string spiffe_id{};          // empty unless it has exactly one, a SPIFFE ID

  friend bool operator==(const Peer&, const Peer&) = default;
};

struct Request {
  std::string method = "GET";  // "GET", "HEAD" or "POST"
  std::string target{};        // path, from '/'; the server passes no query and nothing encoded
  std::string content_type{};  // of the body; may be empty
  std::string body{};
  std::optional<Peer> peer{};  // set by the server; nullopt: it has proved nothing
};

struct Response {
  int status = 200;
  std::string content_type{};
  std::string cache_control{};  // empty: no such header
  std::string body{};
};

struct FetchLimits {
  std::chrono::milliseconds timeout{10'000};  // of the whole exchange
  std::size_t max_body_bytes = std::size_t{1} << 20U;
};

// Port: asks others. Implemented over libcurl by plugin/adapters/http, in memory
// with faults by tests/support. Thread-safe.
class Client {
 public:
  virtual ~Client() = default;

  // Sends `request` to `url` (http:// or https://, which replaces the target) and
  // gives the answer, whatever its status. Follows no redirects.
  // Errors: InvalidArgument if `url` is none; DeadlineExceeded; Unavailable if there
  //         was no answer; ResourceExhausted if it was longer than the limit.
  virtual StatusOr<Response> Send(std::string_view url, const Request& request,
                                  const FetchLimits& limits) = 0;
};

// Port: answers others. Called on any of the server's threads, several at a time;
// must not throw.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Response Handle(const Request& request) = 0;
};

}  // namespace svidence::http
