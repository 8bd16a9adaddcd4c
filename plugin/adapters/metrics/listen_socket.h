// A listening socket at a local address.
#pragma once

#include <cstdint>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/core/config/listen_address.h"

namespace svidence::metrics {

// Non-blocking, close-on-exec. Errors: those of MetricsServer::Start.
StatusOr<linux_os::UniqueFd> OpenListenSocket(const config::ListenAddress& address);

// The TCP port that `socket` is bound to; 0 if it is a Unix socket.
std::uint16_t BoundPort(const linux_os::UniqueFd& socket);

}  // namespace svidence::metrics
