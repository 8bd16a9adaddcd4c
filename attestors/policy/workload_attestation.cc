#include "attestors/policy/workload_attestation.h"

#include <optional>
#include <utility>

namespace svidence {
namespace {

WantedFacts WantedBy(const SelectorPolicy& policy) {
  return {.uid = policy.Wants(kUidSelector),
          .gid = policy.Wants(kGidSelector),
          .user = policy.Wants(kUserSelector),
          .group = policy.Wants(kGroupSelector),
          .exe_path = policy.Wants(kExePathSelector),
          .exe_sha256 = policy.Wants(kExeSha256Selector),
          .instance = policy.Wants(kInstanceSelector)};
}

}  // namespace

WorkloadAttestation::WorkloadAttestation(ProcessAttestor::Ports ports, SelectorPolicy policy,
                                         std::uint64_t max_exe_bytes)
    : policy_(policy),
      process_(ports, {.wanted = WantedBy(policy_), .max_exe_bytes = max_exe_bytes}) {}

StatusOr<Selection> WorkloadAttestation::Attest(std::int32_t wire_pid,
                                                const std::stop_token& stop) const {
  const StatusOr<Pid> pid = Pid::FromWire(wire_pid);
  if (pid.status().code() == StatusCode::kNotFound) return Selection{};
  if (!pid.ok()) return pid.status();

  SVIDENCE_ASSIGN_OR_RETURN(std::optional<ProcessFacts> facts, process_.Attest(*pid, stop));
  if (!facts.has_value()) return Selection{};
  return policy_.Select(SelectorsOf(*facts), std::move(facts->withheld));
}

}  // namespace svidence
