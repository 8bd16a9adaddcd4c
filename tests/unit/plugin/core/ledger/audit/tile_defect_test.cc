#include "plugin/core/ledger/audit/tile_defect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::ledger {
namespace {

using ::testing::HasSubstr;

TEST(TileDefectTest, NamesTheFirstEntryBelow) {
  EXPECT_EQ(FirstBelow({.level = 0, .index = 2}, 5), 517U);
  EXPECT_EQ(FirstBelow({.level = 1, .index = 2}, 5), 517U * 256);
  EXPECT_EQ(FirstBelow({.level = 2, .index = 0}, 1), 65536U);
  const Defect defect = WrongHash({.level = 1, .index = 0, .width = 3}, 2, Digest{});
  EXPECT_EQ(defect.index, 512U);
  EXPECT_EQ(defect.kind, DefectKind::kTile);
  EXPECT_THAT(defect.sentence, HasSubstr("hash 2 of tile/1/000.p/3"));
}

TEST(TileDefectTest, IsWhatIsMissingOrDamagedAndNothingElse) {
  const TileId tile{.level = 1, .index = 1};
  EXPECT_EQ(UnreadableTile(tile, NotFound("x"))->index, 65536U);
  EXPECT_EQ(UnreadableTile(tile, DataLoss("x"))->kind, DefectKind::kTile);
  EXPECT_FALSE(UnreadableTile(tile, Unavailable("x")));
  EXPECT_FALSE(UnreadableTile(tile, OkStatus()));
}

}  // namespace
}  // namespace svidence::ledger
