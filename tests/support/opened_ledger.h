// A whole small ledger: `log.opened` first, then samples.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/log_identity.h"
#include "tests/support/fake_random.h"
#include "tests/support/ledger_samples.h"

namespace svidence::testing {

constexpr std::int64_t kOpenedAt = 1'767'225'600'000;

inline ledger::LogIdentity SampleIdentity(const Hasher& hasher) {
  FakeRandom random;
  return ledger::NewLogIdentity(hasher, random, "example.org", ledger::PublicKey{7});
}

// `count` entries in all, at least 1, a second apart.
inline std::vector<ledger::StoredEntry> OpenedChain(const Hasher& hasher, std::size_t count,
                                                    const ledger::LogIdentity& identity) {
  return WriteChain(hasher, count, kOpenedAt, [&identity](std::size_t i) {
    return i == 0 ? ledger::DraftOpened(identity, "server:a")
                  : SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3));
  });
}
inline std::vector<ledger::StoredEntry> OpenedChain(const Hasher& hasher, std::size_t count) {
  return OpenedChain(hasher, count, SampleIdentity(hasher));
}

inline ledger::Head HeadOf(const std::vector<ledger::StoredEntry>& entries) {
  if (entries.empty()) return {};
  return {.size = entries.size(), .last_leaf = entries.back().leaf};
}

}  // namespace svidence::testing
