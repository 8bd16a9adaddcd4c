#include "plugin/core/metrics/figures.h"

#include <cstdint>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {
namespace {

constexpr std::int64_t kMillisPerSecond = 1000;

void AddDaemon(Samples& samples, const DaemonFigures& daemon) {
  samples.AddLabelled(kBuildInfo, daemon.version, 1);
  samples.Add(kStartTime, daemon.started_millis / kMillisPerSecond);
}

void AddComposer(Samples& samples, const issuance::ComposerStats& composer) {
  samples.AddCount(kCompose, "x509", composer.x509);
  samples.AddCount(kCompose, "jwt", composer.jwt);
  samples.AddCount(kCompose, "passed", composer.passed);
  samples.AddCount(kCompose, "refused", composer.refused);
  samples.AddCount(kComposeUnregistered, composer.unregistered);
}

void AddCommitter(Samples& samples, const ledger::CommitterStats& committer) {
  samples.AddCount(kLedgerSize, committer.head.size);
  samples.AddCount(kLedgerAppended, committer.entries);
  samples.AddCount(kLedgerBatches, committer.batches);
  samples.AddCount(kLedgerRefused, committer.refused);
  samples.AddCount(kLedgerQueue, committer.queued);
  samples.Add(kLedgerWritable, committer.trouble.empty() ? 1 : 0);
}

}  // namespace

Samples ServerSamples(const ServerFigures& figures) {
  Samples samples;
  AddDaemon(samples, figures.daemon);
  samples.Add(kRefusing, figures.refusing ? 1 : 0);
  if (figures.composer) AddComposer(samples, *figures.composer);
  samples.AddHistogram(kComposeLatency, figures.compose_latency);
  if (figures.committer) AddCommitter(samples, *figures.committer);
  if (figures.disk_free_bytes) samples.AddCount(kDiskFree, *figures.disk_free_bytes);
  samples.AddCount(kAgents, figures.agents);
  samples.AddCount(kNotUnderstood, figures.not_understood);
  if (figures.revocations) {
    samples.AddCount(kUnrecordedRevocations, figures.revocations->unrecorded);
    samples.AddCount(kPendingDeletions, figures.revocations->pending_deletions);
  }
  return samples;
}

Samples AgentSamples(const AgentFigures& figures) {
  Samples samples;
  AddDaemon(samples, figures.daemon);
  samples.AddCount(kAttest, "selectors", figures.with_selectors);
  samples.AddCount(kAttest, "none", figures.without_selectors);
  samples.AddCount(kAttest, "error", figures.errors);
  samples.AddHistogram(kAttestLatency, figures.attest_latency);
  samples.AddCount(kHashCache, "hit", figures.hash_hits);
  samples.AddCount(kHashCache, "miss", figures.hash_misses);
  return samples;
}

}  // namespace svidence::metrics
