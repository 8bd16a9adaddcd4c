#include "plugin/agent/figures.h"

#include "plugin/daemon/options.h"

namespace svidence::agent {

metrics::AgentFigures Gather(const AgentEngine& engine, std::int64_t started_millis) {
  const AttestStats stats = engine.runner().Stats();
  const linux_os::ExeHashStats hashes = engine.hash_stats();
  return {.daemon = {.version = daemon::Version(), .started_millis = started_millis},
          .with_selectors = stats.attested,
          .without_selectors = stats.empty,
          .errors = stats.failed + stats.refused + stats.late,
          .attest_latency = engine.runner().latency().Read(),
          .hash_hits = hashes.hits,
          .hash_misses = hashes.misses};
}

}  // namespace svidence::agent
