// All subjects of a ledger, folded entry by entry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/index/subject_record.h"
#include "plugin/core/ledger/index/subject_tree.h"

namespace svidence::ledger {

// About 150 bytes a subject. Not thread-safe.
class IndexTable {
 public:
  static constexpr std::size_t kMaxSubjects = std::size_t{8} * 1000 * 1000;

  // `hasher` must outlive this object.
  explicit IndexTable(const Hasher& hasher, std::size_t max_subjects = kMaxSubjects)
      : hasher_(hasher), max_subjects_(max_subjects) {}

  // The next entry, whose leaf hash is `leaf`.
  // Errors: InvalidArgument unless its index is size(); ResourceExhausted if there
  //         are too many subjects. The table must then be thrown away.
  Status Fold(const EntryView& entry, const Digest& leaf);

  // Entries folded.
  EntryIndex size() const { return size_; }
  std::size_t subjects() const { return records_.size(); }

  // The index over what was folded.
  StatusOr<SubjectTree> Build() const;
  // Its root alone, which takes half the memory.
  StatusOr<IndexRoot> Root() const;

 private:
  // Keys are SHA-256 digests: any eight bytes of one spread well.
  struct Hash {
    std::size_t operator()(const IndexKey& key) const;
  };

  Status FoldInto(SubjectKind kind, std::string_view name, const EntryView& entry,
                  const Digest& leaf);
  std::vector<SubjectRecord> Records() const;

  const Hasher& hasher_;
  const std::size_t max_subjects_;
  EntryIndex size_ = 0;
  std::unordered_map<IndexKey, SubjectRecord, Hash> records_;
};

}  // namespace svidence::ledger
