// Checks that entries follow one another: the reading end of the chain.
#pragma once

#include <cstdint>
#include <optional>

#include "attestors/base/digest.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/entry_scanner.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/subject_index.h"

namespace svidence::ledger {

// Where a part of the chain ends that was checked before.
struct ChainEnd {
  Head head{};
  std::int64_t last_at_millis = 0;
};

// The checks one by one, for those who cannot take a ledger from its first entry
// on. Each gives what is wrong, or nullopt.
//
// Is `leaf`, the leaf hash of the bytes of entry `index`, the one that is `stored`?
std::optional<Defect> CheckLeaf(EntryIndex index, const Digest& leaf, const Digest& stored);
// Does the entry say that it stands at `index`?
std::optional<Defect> CheckIndex(EntryIndex index, const EntryPlace& place);
// Does the entry at `before.size` follow the one before it, which is of
// `last_at_millis`?
std::optional<Defect> CheckLink(const EntryPlace& place, const Head& before,
                                std::int64_t last_at_millis);
// Is `actual` the subject's previous entry?
std::optional<Defect> CheckSubjectPrev(EntryIndex index, const EntryView& view,
                                       std::optional<EntryIndex> actual);

// Takes the entries from 0 on, one after the other. Allocates nothing per entry
// but the subject index. Not thread-safe.
//
// What a good chain shows: nobody has changed, removed, added or swapped an
// entry before the last one without computing all later ones anew. It shows
// neither a cut tail nor a re-computed whole: see docs/formats/ledger.md.
class ChainChecker {
 public:
  // `hasher` and `subjects` must outlive this object; `subjects` must be empty.
  ChainChecker(const Hasher& hasher, SubjectIndex& subjects)
      : ChainChecker(hasher, &subjects, {}) {}
  // Goes on from `from`. `subjects` are those up to there; null: whether
  // `subject_prev` is right is not looked at.
  ChainChecker(const Hasher& hasher, SubjectIndex* subjects, const ChainEnd& from)
      : hasher_(hasher),
        subjects_(subjects),
        head_(from.head),
        last_at_millis_(from.last_at_millis) {}

  // nullopt: the entry follows, and is what view() shows, until `entry` changes.
  // After a defect no further entry may be given.
  std::optional<Defect> Check(const StoredEntry& entry);

  const EntryView& view() const { return view_; }
  // Where the entries given so far end.
  const Head& head() const { return head_; }
  std::int64_t last_at_millis() const { return last_at_millis_; }

 private:
  std::optional<Defect> CheckSubject();

  const Hasher& hasher_;
  SubjectIndex* subjects_;
  EntryView view_;
  Head head_;
  std::int64_t last_at_millis_ = 0;
};

}  // namespace svidence::ledger
