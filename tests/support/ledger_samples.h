// Small ledgers for tests: made by the production writer, in memory.
#pragma once

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

// `count` entries on three subjects in turn, a second apart.
inline std::vector<ledger::StoredEntry> SampleChain(const Hasher& hasher, std::size_t count) {
  ledger::ChainWriter writer(hasher, {.head = {},
                                      .last_at_millis = 0,
                                      .subjects = std::make_unique<ledger::SubjectIndex>(hasher)});
  writer.Begin();
  for (std::size_t i = 0; i < count; ++i) {
    const Status added =
        writer.Add(SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3),
                               "\"scope\":3,\"note\":\"\xc3\xa4\\n\",\"list\":[1,{\"a\":null}]"),
                   1'767'225'600'000 + static_cast<std::int64_t>(i) * 1000);
    if (!added.ok()) return {};
  }
  return {writer.entries().begin(), writer.entries().end()};
}

}  // namespace svidence::testing
