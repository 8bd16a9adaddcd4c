#include "plugin/core/ledger/audit/subject_table.h"

#include <algorithm>

namespace svidence::ledger {
namespace {

constexpr std::size_t kFirstSlots = 64;

}  // namespace

std::size_t SubjectTable::Probe(const SubjectIndex::Key& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = key.Mix() & mask;
  while (slots_[i] != 0 && !(spans_[slots_[i] - 1].key == key)) i = (i + 1) & mask;
  return i;
}

void SubjectTable::Grow() {
  slots_.assign(std::max(kFirstSlots, slots_.size() * 2), 0);
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    slots_[Probe(spans_[i].key)] = static_cast<std::uint32_t>(i + 1);
  }
}

SubjectSpan* SubjectTable::FindOrAdd(const SubjectSpan& fresh) {
  if (spans_.size() * 2 >= slots_.size()) Grow();  // at most half full
  const std::size_t slot = Probe(fresh.key);
  if (slots_[slot] != 0) return &spans_[slots_[slot] - 1];
  spans_.push_back(fresh);
  slots_[slot] = static_cast<std::uint32_t>(spans_.size());
  return nullptr;
}

}  // namespace svidence::ledger
