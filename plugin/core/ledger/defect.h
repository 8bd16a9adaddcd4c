// What is wrong with a ledger, first of all: index, kind, sentence.
#pragma once

#include <string>
#include <string_view>

#include "plugin/core/ledger/entry.h"

namespace svidence::ledger {

// The names are printed and stand in JSON output: they never change.
enum class DefectKind {
  kMalformed,    // the bytes are no entry
  kLeaf,         // the stored leaf hash is not that of the bytes
  kIndex,        // `i` is not the place the entry stands at
  kPrev,         // `prev` is not the leaf hash of the entry before
  kTime,         // `at` is before that of the entry before
  kSubjectPrev,  // `subject_prev` is not the subject's previous entry
  kOpening,      // entry 0 is not this log's `log.opened`, or another entry is one
  kMissing,      // there is no entry where the ledger says there is one
  kSurplus,      // there are entries behind the ledger's end
  kHead,         // the stored end is not that of the last entry
  kMark,         // the high-water mark knows more, or something else
  kBundle,       // the published bundle that should hold the entry is none
  kTile,         // a published hash above the entries is not that of what is below it
  kCheckpoint,   // a checkpoint knows more, or another tree
  kKey,          // a `key.changed` that is not signed by the log's key and the next
};

// "malformed", "leaf", "index", "prev", "time", "subject_prev", "opening", "missing",
// "surplus", "head", "mark", "bundle", "tile", "checkpoint", "key".
std::string_view NameOf(DefectKind kind);

struct Defect {
  EntryIndex index = 0;
  DefectKind kind = DefectKind::kMalformed;
  std::string sentence;  // what was found and what was expected; bounded, quoted
};

}  // namespace svidence::ledger
