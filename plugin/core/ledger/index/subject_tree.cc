#include "plugin/core/ledger/index/subject_tree.h"

#include <algorithm>
#include <span>
#include <utility>

#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/node_reader.h"
#include "plugin/core/ledger/tree/proof.h"

namespace svidence::ledger {
namespace {

bool KeyLess(const SubjectRecord& record, const IndexKey& key) { return record.key < key; }

class LevelReader final : public NodeReader {
 public:
  explicit LevelReader(const std::vector<std::vector<Digest>>& levels) : levels_(levels) {}

  StatusOr<std::vector<Digest>> Read(std::span<const NodeId> nodes) override {
    std::vector<Digest> digests;
    for (const NodeId& node : nodes) {
      if (node.level >= levels_.size() || node.index >= levels_[node.level].size()) {
        return NotFound("the index has no such node");
      }
      digests.push_back(levels_[node.level][static_cast<std::size_t>(node.index)]);
    }
    return digests;
  }

 private:
  const std::vector<std::vector<Digest>>& levels_;
};

}  // namespace

void SortByKey(std::vector<SubjectRecord>& records) {
  std::sort(records.begin(), records.end(),
            [](const SubjectRecord& a, const SubjectRecord& b) { return a.key < b.key; });
}

StatusOr<CompactRange> RangeOf(const Hasher& hasher, std::span<const SubjectRecord> records,
                               const NodeObserver& observer) {
  CompactRange range;
  for (const SubjectRecord& record : records) {
    SVIDENCE_RETURN_IF_ERROR(
        range.Append(hasher, LeafHash(hasher, EncodeSubjectRecord(record)), observer));
  }
  return range;
}

StatusOr<SubjectTree> SubjectTree::Create(const Hasher& hasher, EntryIndex size,
                                          std::vector<SubjectRecord> records) {
  SortByKey(records);
  const auto twin = std::adjacent_find(
      records.begin(), records.end(),
      [](const SubjectRecord& a, const SubjectRecord& b) { return a.key == b.key; });
  if (twin != records.end()) return InvalidArgument("the index has two records of one subject");
  SubjectTree tree(size, std::move(records));
  SVIDENCE_RETURN_IF_ERROR(tree.Grow(hasher));
  return tree;
}

Status SubjectTree::Grow(const Hasher& hasher) {
  const auto keep = [this](const NodeId& node, const Digest& digest) {
    if (node.level >= levels_.size()) levels_.resize(node.level + 1);
    levels_[node.level].push_back(digest);
  };
  SVIDENCE_ASSIGN_OR_RETURN(const CompactRange range, RangeOf(hasher, records_, keep));
  root_.root = range.Root(hasher);
  return OkStatus();
}

StatusOr<ProvedRecord> SubjectTree::ProveAt(const Hasher& hasher, std::size_t position) const {
  LevelReader reader(levels_);
  ProvedRecord proved{.position = position, .record = records_[position]};
  SVIDENCE_ASSIGN_OR_RETURN(proved.path, ProveInclusion(hasher, reader, position, root_.leaves));
  return proved;
}

StatusOr<SubjectProof> SubjectTree::Prove(const Hasher& hasher, const IndexKey& key) const {
  const auto found = std::lower_bound(records_.begin(), records_.end(), key, KeyLess);
  const auto position = static_cast<std::size_t>(found - records_.begin());
  SubjectProof proof;
  const bool there = found != records_.end() && found->key == key;
  if (!there && position > 0) {
    SVIDENCE_ASSIGN_OR_RETURN(ProvedRecord before, ProveAt(hasher, position - 1));
    proof.push_back(std::move(before));
  }
  if (found != records_.end()) {
    SVIDENCE_ASSIGN_OR_RETURN(ProvedRecord at, ProveAt(hasher, position));
    proof.push_back(std::move(at));
  }
  return proof;
}

}  // namespace svidence::ledger
