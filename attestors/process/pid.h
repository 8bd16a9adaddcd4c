// A process id, checked once where it enters.
#pragma once

#include <cstdint>
#include <string>

#include "attestors/base/status.h"

namespace svidence {

// Holds a value >= 1, in the PID namespace of this process.
class Pid {
 public:
  // Errors: NotFound for 0, which is how the kernel reports a peer whose PID
  //         namespace is not ours or below it: there is a process, but none
  //         that we could look at. InvalidArgument for a negative value, which
  //         means groups or "any" to kill(2) and never one workload.
  // Source: unix(7), SO_PEERCRED; pid_vnr() in the kernel's kernel/pid.c.
  static StatusOr<Pid> FromWire(std::int32_t wire) {
    if (wire == 0) return NotFound("pid 0: the process is in a foreign PID namespace");
    if (wire < 0) return InvalidArgument("pid must be positive, got " + std::to_string(wire));
    return Pid(wire);
  }

  std::int32_t value() const { return value_; }

 private:
  explicit Pid(std::int32_t value) : value_(value) {}

  std::int32_t value_;
};

}  // namespace svidence
