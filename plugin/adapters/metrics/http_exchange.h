// The few bytes of HTTP/1.1 that a metrics endpoint needs: one GET, one answer,
// end of the connection. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace svidence::metrics {

constexpr std::size_t kMaxRequestBytes = std::size_t{8} * 1024;

struct Health {
  bool good = true;
  std::string reason;  // why not
};

// What is served. Called on the server's thread, must not block for long.
struct Pages {
  std::function<std::string()> metrics;  // text format 0.0.4
  std::function<Health()> health;
};

// The whole answer to what has arrived of a request so far; nullopt if its head
// is not complete yet. Header fields are not looked at, and a body is never
// read: neither /metrics nor /health needs one. Any input gets an answer.
// Source: RFC 9112, sections 2 to 4.
std::optional<std::string> AnswerRequest(std::string_view received, const Pages& pages);

}  // namespace svidence::metrics
