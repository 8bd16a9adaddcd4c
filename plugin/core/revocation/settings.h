// What a person may tune about revocation, and the bounds that nobody may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace svidence::revocation {

// Most entries of one SPIFFE ID that are deleted in one call to SPIRE, and most
// such rounds before the rest waits for the next try.
constexpr std::size_t kMaxEntriesPerRound = 500;
constexpr int kMaxRounds = 20;

struct Settings {
  std::string trust_domain;
  std::string agent_prefix = "/agent";      // with its leading slash
  std::int64_t ledger_wait_millis = 2000;   // then: in force, not yet recorded
  std::int64_t first_backoff_millis = 500;  // doubles up to the next
  std::int64_t last_backoff_millis = 60000;
};

}  // namespace svidence::revocation
