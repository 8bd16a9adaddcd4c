#include "plugin/core/ledger/defect.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::ledger {
namespace {

// These names are printed and parsed by others: a change here breaks them.
TEST(DefectTest, NamesNeverChange) {
  const std::vector<std::string_view> names = {
      NameOf(DefectKind::kMalformed), NameOf(DefectKind::kLeaf),
      NameOf(DefectKind::kIndex),     NameOf(DefectKind::kPrev),
      NameOf(DefectKind::kTime),      NameOf(DefectKind::kSubjectPrev),
      NameOf(DefectKind::kOpening),   NameOf(DefectKind::kMissing),
      NameOf(DefectKind::kSurplus),   NameOf(DefectKind::kHead),
      NameOf(DefectKind::kMark),      NameOf(DefectKind::kBundle),
      NameOf(DefectKind::kTile),      NameOf(DefectKind::kCheckpoint),
      NameOf(DefectKind::kKey)};
  EXPECT_THAT(names, ::testing::ElementsAre("malformed", "leaf", "index", "prev", "time",
                                            "subject_prev", "opening", "missing", "surplus", "head",
                                            "mark", "bundle", "tile", "checkpoint", "key"));
}

}  // namespace
}  // namespace svidence::ledger
