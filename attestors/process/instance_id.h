// The name of one run of one process, for as long as the world lasts.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/digest.h"
#include "attestors/process/pid.h"

namespace svidence {

// What makes a PID unique beyond this boot and this PID namespace.
struct HostIds {
  // As the kernel gives it, without the newline: 36 characters.
  std::string boot_id;
  // Inode of the PID namespace in which the PIDs that we are given count.
  std::uint64_t pid_namespace = 0;
};

// The value of the selector "instance": 32 lower-case hex digits, the first
// half of SHA-256 over five lines, each with a newline at its end:
//   svidence-process-instance-v1 / boot id / PID namespace / PID / start ticks
// the last three decimal. docs/formats/instance-id.md has an example. execve(2)
// does not change it.
std::string InstanceId(const Hasher& hasher, const HostIds& host, Pid pid,
                       std::uint64_t start_ticks);

}  // namespace svidence
