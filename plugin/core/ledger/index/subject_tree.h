// The index as a tree: what proves that a history is complete, or that there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/index/subject_record.h"
#include "plugin/core/ledger/tree/compact_range.h"

namespace svidence::ledger {

// What the ledger says of an index, in an `index.built` entry.
struct IndexRoot {
  EntryIndex size = 0;       // the entries 0 to size-1 are covered
  std::uint64_t leaves = 0;  // subjects
  Digest root{};             // of the RFC 6962 tree over their records, sorted by key

  friend bool operator==(const IndexRoot&, const IndexRoot&) = default;
};

// Records in the order of the index.
void SortByKey(std::vector<SubjectRecord>& records);
// The tree over `records`, which must be sorted. `observer`: as CompactRange::Append.
StatusOr<CompactRange> RangeOf(const Hasher& hasher, std::span<const SubjectRecord> records,
                               const NodeObserver& observer = {});

// A record with its place and its inclusion proof.
struct ProvedRecord {
  std::uint64_t position = 0;
  SubjectRecord record{};
  std::vector<Digest> path{};  // the leaf's sibling first

  friend bool operator==(const ProvedRecord&, const ProvedRecord&) = default;
};

// Of a subject that is in the index: its record. Of one that is not: its neighbours,
// two, or one at either end, or none of an empty index.
using SubjectProof = std::vector<ProvedRecord>;

// An immutable value; any thread may read it. About 200 bytes a subject.
class SubjectTree {
 public:
  // Of the first `size` entries. `records` need not be sorted.
  // Errors: InvalidArgument if two of them have one key.
  static StatusOr<SubjectTree> Create(const Hasher& hasher, EntryIndex size,
                                      std::vector<SubjectRecord> records);

  const IndexRoot& root() const { return root_; }
  // Sorted by key.
  const std::vector<SubjectRecord>& records() const { return records_; }

  // Errors: none but those of a tree that does not fit its records.
  StatusOr<SubjectProof> Prove(const Hasher& hasher, const IndexKey& key) const;

 private:
  SubjectTree(EntryIndex size, std::vector<SubjectRecord> records) : records_(std::move(records)) {
    root_.size = size;
    root_.leaves = records_.size();
  }

  Status Grow(const Hasher& hasher);
  StatusOr<ProvedRecord> ProveAt(const Hasher& hasher, std::size_t position) const;

  IndexRoot root_;
  std::vector<SubjectRecord> records_;
  std::vector<std::vector<Digest>> levels_;  // the complete nodes of each level
};

}  // namespace svidence::ledger
