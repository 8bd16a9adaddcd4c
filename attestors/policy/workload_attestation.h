// From the number that SPIRE gives to the selectors that it gets.
#pragma once

#include <cstdint>
#include <stop_token>

#include "attestors/base/status.h"
#include "attestors/policy/selector_policy.h"
#include "attestors/process/process_attestor.h"

namespace svidence {

// One configuration of all attestors. Immutable and thread-safe; a new
// configuration is a new object.
class WorkloadAttestation {
 public:
  // What `ports` names must outlive this object.
  WorkloadAttestation(ProcessAttestor::Ports ports, SelectorPolicy policy,
                      std::uint64_t max_exe_bytes);

  // The selectors of the process that SPIRE calls `wire_pid`; none if it is not
  // one to be attested, or not visible from our PID namespace.
  //
  // Errors: InvalidArgument if `wire_pid` is negative; else those of
  //         ProcessAttestor::Attest().
  StatusOr<Selection> Attest(std::int32_t wire_pid, const std::stop_token& stop) const;

 private:
  const SelectorPolicy policy_;
  const ProcessAttestor process_;
};

}  // namespace svidence
