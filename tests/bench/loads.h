// What the ledger's benchmarks do, and what they say of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"

namespace svidence::bench {

struct Load {
  std::string directory;  // empty at the start, on the disk that is measured
  std::size_t entries = 0;
  std::size_t batch = 1;        // entries a commit, or requests in flight
  std::size_t subjects = 1000;  // that the entries are about, in turn
};

struct Figures {
  double per_second = 0;
  double p50_micros = 0;  // of one request; 0 where there are none
  double p99_micros = 0;
  std::uint64_t bytes = 0;  // that were to become durable
};

// An issuance as the composer drafts it, about 650 bytes once it is an entry.
ledger::EntryDraft DraftOf(const Hasher& hasher, const Load& load, std::size_t number);

// From microseconds of each request, sorted here, and the seconds of the whole.
Figures FiguresOf(std::vector<double>& micros, std::size_t entries, double seconds);

// Ours. Batches of exactly `batch`: entry, chain, tree, durable commit, one signed
// checkpoint, and the proof of each entry.
StatusOr<Figures> AppendInBatches(const Load& load);
// `batch` callers, each with one request at a time, through the committer.
StatusOr<Figures> AppendFromCallers(const Load& load);
// A log of `entries`, left in `directory`.
StatusOr<Figures> Fill(const Load& load);

// The same rows in the same batches, no chain, tree or signature: what SQLite alone
// costs.
StatusOr<Figures> InsertRows(const Load& load);
// `batch` callers hand the same bytes to one thread, which writes them to a file
// and syncs it: what the disk alone costs.
StatusOr<Figures> GroupCommit(const Load& load);

}  // namespace svidence::bench
