#include "plugin/core/metrics/catalog.h"

#include <array>
#include <span>

namespace svidence::metrics {

std::span<const Definition* const> All() {
  static constexpr std::array kAll = {
      &kBuildInfo,        &kStartTime,   &kCompose,        &kComposeUnregistered,
      &kComposeLatency,   &kLedgerSize,  &kLedgerAppended, &kLedgerBatches,
      &kLedgerRefused,    &kLedgerQueue, &kLedgerWritable, &kRefusing,
      &kDiskFree,         &kAgents,      &kNotUnderstood,  &kUnrecordedRevocations,
      &kPendingDeletions, &kAttest,      &kAttestLatency,  &kHashCache};
  return kAll;
}

}  // namespace svidence::metrics
