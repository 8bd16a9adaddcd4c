// Ledgers with subjects, and what an index of them must say, counted the slow way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/index/index_table.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "tests/support/ledger_samples.h"

namespace svidence::testing {

inline std::string InstanceId(std::size_t number) {
  return "spiffe://example.org/agent/buyer/" + std::to_string(number);
}

// `count` entries on `subjects` instances in turn; every tenth revokes, every
// fifteenth restores.
inline std::vector<ledger::StoredEntry> SubjectChain(const Hasher& hasher, std::size_t count,
                                                     std::size_t subjects) {
  return WriteChain(hasher, count, 1'767'225'600'000, [subjects](std::size_t i) {
    ledger::EntryDraft draft = SampleDraft(InstanceId(i % subjects));
    if (i % 10 == 9) draft.type = "revoked";
    if (i % 15 == 14) draft.type = "restored";
    if (i % 4 == 3) draft.agent.clear();
    return draft;
  });
}

// By key, from the entries alone.
inline std::map<ledger::IndexKey, ledger::SubjectRecord> CountSubjects(
    const Hasher& hasher, const std::vector<ledger::StoredEntry>& entries) {
  std::map<ledger::IndexKey, ledger::SubjectRecord> found;
  for (const ledger::StoredEntry& stored : entries) {
    const ledger::EntryView view = *ledger::ScanEntry(stored.bytes);
    std::vector<ledger::IndexKey> keys = {
        ledger::IndexKeyOf(hasher, ledger::SubjectKind::kSubject, view.subject)};
    if (!view.agent.empty()) {
      keys.push_back(ledger::IndexKeyOf(hasher, ledger::SubjectKind::kAgent, view.agent));
    }
    for (const ledger::IndexKey& key : keys) {
      ledger::SubjectRecord& record = found[key];
      record.key = key;
      record.count += 1;
      record.head = view.place.index;
      record.head_leaf = ledger::LeafHash(hasher, stored.bytes);
      if (view.type == "revoked") record.revoked = record.ever_revoked = true;
      if (view.type == "restored") record.revoked = false;
    }
  }
  return found;
}

inline ledger::IndexTable TableOf(const Hasher& hasher,
                                  const std::vector<ledger::StoredEntry>& entries) {
  ledger::IndexTable table(hasher);
  for (const ledger::StoredEntry& stored : entries) {
    if (!table.Fold(*ledger::ScanEntry(stored.bytes), ledger::LeafHash(hasher, stored.bytes)).ok())
      break;
  }
  return table;
}

}  // namespace svidence::testing
