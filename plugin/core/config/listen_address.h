// Where a local HTTP endpoint listens: a loopback TCP port or a Unix socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence::config {

// What sockaddr_un can hold, less its terminating zero byte.
constexpr std::size_t kMaxSocketPathBytes = 107;

struct ListenAddress {
  std::string unix_path;   // absolute; empty for TCP
  std::string host;        // "127.0.0.1" or "::1"; empty for a Unix socket
  std::uint16_t port = 0;  // TCP only

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Reads "127.0.0.1:9988", "[::1]:9988", "localhost:9988" (taken as 127.0.0.1)
// or "unix:/absolute/path".
//
// Errors: InvalidArgument for any other form, an address that is not loopback,
//         a port outside 1..65535, or a path that is relative or too long.
StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace svidence::config
