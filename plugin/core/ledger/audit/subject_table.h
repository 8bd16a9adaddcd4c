// The subjects of a slice: who came first and last in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plugin/core/ledger/subject_index.h"

namespace svidence::ledger {

// A subject's entries in a slice.
struct SubjectSpan {
  SubjectIndex::Key key{};
  EntryIndex first = 0;
  EntryIndex last = 0;
  std::optional<EntryIndex> before{};  // what entry `first` says of the one before it
};

// At most a slice's worth of subjects, in the order in which they came. Movable. Not
// thread-safe.
class SubjectTable {
 public:
  // The subject's entries so far, to be moved on by the caller; if there are none,
  // takes `fresh` and gives null.
  SubjectSpan* FindOrAdd(const SubjectSpan& fresh);

  std::span<const SubjectSpan> spans() const { return spans_; }

 private:
  void Grow();
  std::size_t Probe(const SubjectIndex::Key& key) const;

  std::vector<SubjectSpan> spans_;
  std::vector<std::uint32_t> slots_;  // place in spans_ plus one; 0: free. A power of two
};

}  // namespace svidence::ledger
