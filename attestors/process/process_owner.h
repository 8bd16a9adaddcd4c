// Who a process runs as, from the text of /proc/<pid>/status.
#pragma once

#include <cstdint>
#include <string_view>

#include "attestors/base/status.h"

namespace svidence {

// The *effective* ids, as SPIRE's unix attestor takes them: what the kernel
// checks the process against, and what SO_PEERCRED shows to its peers.
struct ProcessOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;

  friend bool operator==(const ProcessOwner&, const ProcessOwner&) = default;
};

// Reads the second number of the lines "Uid:" and "Gid:".
//
// `status` is the text from its first byte; what stands behind the "Gid:" line
// may be cut off. The kernel escapes newlines in the name of the process, so
// that a line cannot be forged.
//
// Errors: InvalidArgument if one of the lines is missing, occurs twice, or is
//         not four decimal numbers below 2^32.
// Source: proc_pid_status(5).
StatusOr<ProcessOwner> ParseProcessOwner(std::string_view status);

}  // namespace svidence
