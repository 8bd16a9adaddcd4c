// The port http::Client over libcurl.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/http/ports.h"

namespace svidence::http {

struct ClientOptions {
  std::string ca_file{};     // PEM; empty: the system's authorities
  bool use_proxies = false;  // those that the environment names; never to loopback
};

// Verifies the server's certificate and name, takes TLS 1.2 and later, keeps
// connections for the next call, follows no redirects, sends no cookies. Thread-safe.
class CurlClient final : public Client {
 public:
  // Errors: Internal if libcurl does not start; InvalidArgument if the file of
  //         authorities cannot be read.
  static StatusOr<std::unique_ptr<CurlClient>> Create(ClientOptions options);
  // No call may be under way.
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  // Errors: also Cancelled after Stop().
  StatusOr<Response> Send(std::string_view url, const Request& request,
                          const FetchLimits& limits) override;

  // Ends calls under way within about a second, and all later ones at once.
  void Stop() { stopped_ = true; }

 private:
  class Handle;

  explicit CurlClient(ClientOptions options);

  std::unique_ptr<Handle> Take();
  void Give(std::unique_ptr<Handle> handle);

  const ClientOptions options_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

}  // namespace svidence::http
