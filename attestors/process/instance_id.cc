#include "attestors/process/instance_id.h"

#include <span>

#include "attestors/base/encoding.h"

namespace svidence {
namespace {

constexpr std::size_t kIdBytes = 16;

}  // namespace

std::string InstanceId(const Hasher& hasher, const HostIds& host, Pid pid,
                       std::uint64_t start_ticks) {
  const Digest digest = hasher.Sha256(
      {"svidence-process-instance-v1\n", host.boot_id, "\n", std::to_string(host.pid_namespace),
       "\n", std::to_string(pid.value()), "\n", std::to_string(start_ticks), "\n"});
  return HexEncode(std::span(digest).first(kIdBytes));
}

}  // namespace svidence
