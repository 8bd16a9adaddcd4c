#include "plugin/core/ledger/index/index_table.h"

#include <cstring>
#include <string>
#include <vector>

namespace svidence::ledger {

std::size_t IndexTable::Hash::operator()(const IndexKey& key) const {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Status IndexTable::Fold(const EntryView& entry, const Digest& leaf) {
  if (entry.place.index != size_) {
    return InvalidArgument("the index goes on with entry " + std::to_string(size_) + ", not with " +
                           std::to_string(entry.place.index));
  }
  SVIDENCE_RETURN_IF_ERROR(FoldInto(SubjectKind::kSubject, entry.subject, entry, leaf));
  if (!entry.agent.empty()) {
    SVIDENCE_RETURN_IF_ERROR(FoldInto(SubjectKind::kAgent, entry.agent, entry, leaf));
  }
  ++size_;
  return OkStatus();
}

Status IndexTable::FoldInto(SubjectKind kind, std::string_view name, const EntryView& entry,
                            const Digest& leaf) {
  const IndexKey key = IndexKeyOf(hasher_, kind, name);
  if (records_.size() >= max_subjects_ && records_.count(key) == 0) {
    return ResourceExhausted("the index must have at most " + std::to_string(max_subjects_) +
                             " subjects");
  }
  SubjectRecord& record = records_[key];
  record.key = key;
  ++record.count;
  record.head = entry.place.index;
  record.head_leaf = leaf;
  if (entry.type == "revoked") record.revoked = record.ever_revoked = true;
  if (entry.type == "restored") record.revoked = false;
  return OkStatus();
}

std::vector<SubjectRecord> IndexTable::Records() const {
  std::vector<SubjectRecord> records;
  records.reserve(records_.size());
  for (const auto& [key, record] : records_) records.push_back(record);
  return records;
}

StatusOr<SubjectTree> IndexTable::Build() const {
  return SubjectTree::Create(hasher_, size_, Records());
}

StatusOr<IndexRoot> IndexTable::Root() const {
  std::vector<SubjectRecord> records = Records();
  SortByKey(records);
  SVIDENCE_ASSIGN_OR_RETURN(const CompactRange range, RangeOf(hasher_, records));
  return IndexRoot{.size = size_, .leaves = records.size(), .root = range.Root(hasher_)};
}

}  // namespace svidence::ledger
