// Small ledgers for tests: made by the production writer, in memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/store.h"

namespace svidence::testing {

inline ledger::EntryDraft SampleDraft(std::string subject, std::string members = {}) {
  return {.type = "issue.x509",
          .by = "server:a",
          .subject = std::move(subject),
          .agent = "buyer",
          .members = std::move(members)};
}

// Adds what `draft_of` gives for 0..count-1, a second apart, in as many batches as
// that takes. Empty if one is refused.
template <typename DraftOf>
std::vector<ledger::StoredEntry> WriteChain(const Hasher& hasher, std::size_t count,
                                            std::int64_t first_at_millis, const DraftOf& draft_of) {
  ledger::ChainWriter writer(hasher, {.head = {},
                                      .last_at_millis = 0,
                                      .subjects = std::make_unique<ledger::SubjectIndex>(hasher)});
  std::vector<ledger::StoredEntry> all;
  while (all.size() < count) {
    writer.Begin();
    const std::size_t end = std::min(count, all.size() + ledger::kMaxBatchLeaves);
    for (std::size_t i = all.size(); i < end; ++i) {
      const std::int64_t at = first_at_millis + static_cast<std::int64_t>(i) * 1000;
      if (!writer.Add(draft_of(i), at).ok()) return {};
    }
    all.insert(all.end(), writer.entries().begin(), writer.entries().end());
    writer.Adopt();
  }
  return all;
}

// `count` entries on three subjects in turn, a second apart.
inline std::vector<ledger::StoredEntry> SampleChain(const Hasher& hasher, std::size_t count) {
  return WriteChain(hasher, count, 1'767'225'600'000, [](std::size_t i) {
    return SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3),
                       "\"scope\":3,\"note\":\"\xc3\xa4\\n\",\"list\":[1,{\"a\":null}]");
  });
}

}  // namespace svidence::testing
