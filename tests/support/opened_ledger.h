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
  ledger::ChainWriter writer(hasher, {.head = {},
                                      .last_at_millis = 0,
                                      .subjects = std::make_unique<ledger::SubjectIndex>(hasher)});
  writer.Begin();
  Status added = writer.Add(ledger::DraftOpened(identity, "server:a"), kOpenedAt);
  for (std::size_t i = 1; i < count && added.ok(); ++i) {
    added = writer.Add(SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3)),
                       kOpenedAt + static_cast<std::int64_t>(i) * 1000);
  }
  if (!added.ok()) return {};
  return {writer.entries().begin(), writer.entries().end()};
}
inline std::vector<ledger::StoredEntry> OpenedChain(const Hasher& hasher, std::size_t count) {
  return OpenedChain(hasher, count, SampleIdentity(hasher));
}

inline ledger::Head HeadOf(const std::vector<ledger::StoredEntry>& entries) {
  if (entries.empty()) return {};
  return {.size = entries.size(), .last_leaf = entries.back().leaf};
}

}  // namespace svidence::testing
