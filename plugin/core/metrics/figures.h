// What the daemons know of themselves, as samples: one function a program, so
// that a main only gathers figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "plugin/core/issuance/composer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/metrics/histogram.h"
#include "plugin/core/metrics/samples.h"
#include "plugin/core/revocation/revocations.h"

namespace svidence::metrics {

struct DaemonFigures {
  std::string version;
  std::int64_t started_millis = 0;  // Unix time
};

struct ServerFigures {
  DaemonFigures daemon;
  bool refusing = false;
  // Not there while the ledger is refused or not yet open.
  std::optional<ledger::CommitterStats> committer;
  std::optional<issuance::ComposerStats> composer;
  std::optional<revocation::Stats> revocations;
  std::optional<std::uint64_t> disk_free_bytes;
  HistogramValues compose_latency;
  std::size_t agents = 0;
  std::uint64_t not_understood = 0;
};

struct AgentFigures {
  DaemonFigures daemon;
  std::uint64_t with_selectors = 0;
  std::uint64_t without_selectors = 0;
  std::uint64_t errors = 0;
  HistogramValues attest_latency;
  std::uint64_t hash_hits = 0;
  std::uint64_t hash_misses = 0;
};

Samples ServerSamples(const ServerFigures& figures);
Samples AgentSamples(const AgentFigures& figures);

}  // namespace svidence::metrics
