#include "plugin/core/ledger/tree/tile_path.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct Good {
  const char* name;
  std::string_view path;
  TileId tile;
};
class GoodTilePathTest : public ::testing::TestWithParam<Good> {};

TEST_P(GoodTilePathTest, IsWrittenAndRead) {
  EXPECT_EQ(FormatTilePath(GetParam().tile), GetParam().path);
  EXPECT_THAT(ParseTilePath(GetParam().path), IsOkAndHolds(GetParam().tile));
}

constexpr TileId Entries(std::uint64_t index, std::size_t width = kTileWidth) {
  return {.kind = TileKind::kEntries, .level = 0, .index = index, .width = width};
}
constexpr TileId Hashes(unsigned level, std::uint64_t index, std::size_t width = kTileWidth) {
  return {.kind = TileKind::kHashes, .level = level, .index = index, .width = width};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoodTilePathTest,
    ::testing::Values(Good{"First", "tile/0/000", Hashes(0, 0)},
                      Good{"Partial", "tile/0/273.p/112", Hashes(0, 273, 112)},
                      Good{"NarrowestPartial", "tile/2/000.p/1", Hashes(2, 0, 1)},
                      Good{"WidestPartial", "tile/1/001.p/255", Hashes(1, 1, 255)},
                      Good{"LastOfOneGroup", "tile/0/999", Hashes(0, 999)},
                      Good{"FirstOfTwoGroups", "tile/0/x001/000", Hashes(0, 1000)},
                      Good{"ThreeGroups", "tile/0/x001/x234/067", Hashes(0, 1'234'067)},
                      Good{"ZeroGroupInside", "tile/0/x001/x000/000", Hashes(0, 1'000'000)},
                      Good{"HighestLevel", "tile/63/000", Hashes(63, 0)},
                      Good{"LastIndex", "tile/0/x036/x028/x797/x018/x963/967",
                           Hashes(0, kMaxTileIndex)},
                      Good{"Entries", "tile/entries/x001/234", Entries(1234)},
                      Good{"PartialEntries", "tile/entries/000.p/7", Entries(0, 7)},
                      Good{"Longest", "tile/entries/x036/x028/x797/x018/x963/967.p/255",
                           Entries(kMaxTileIndex, 255)}),
    [](const ::testing::TestParamInfo<Good>& test) { return test.param.name; });

struct Bad {
  const char* name;
  std::string_view path;
};
class BadTilePathTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadTilePathTest, IsRefused) {
  EXPECT_THAT(ParseTilePath(GetParam().path), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadTilePathTest,
    ::testing::Values(
        Bad{"Nothing", ""}, Bad{"Root", "tile/"}, Bad{"NoIndex", "tile/0"},
        Bad{"EmptyIndex", "tile/0/"}, Bad{"SlashBefore", "/tile/0/000"},
        Bad{"SlashBehind", "tile/0/000/"}, Bad{"DoubleSlash", "tile//000"},
        Bad{"TwoSlashes", "tile/0//000"}, Bad{"Checkpoint", "checkpoint"},
        Bad{"UpperCase", "Tile/0/000"}, Bad{"LevelLeadingZero", "tile/00/000"},
        Bad{"LevelTooHigh", "tile/64/000"}, Bad{"LevelHuge", "tile/99999999999/000"},
        Bad{"LevelNegative", "tile/-1/000"}, Bad{"LevelSigned", "tile/+1/000"},
        Bad{"LevelSpace", "tile/ 1/000"}, Bad{"LevelHex", "tile/0x1/000"},
        Bad{"LevelAsGoWritesIt", "tile/8/0/000"}, Bad{"DataAsGoWritesIt", "tile/8/data/000"},
        Bad{"EntriesUpperCase", "tile/Entries/000"}, Bad{"EntriesWithLevel", "tile/entries/0/000"},
        Bad{"OneDigit", "tile/0/0"}, Bad{"TwoDigits", "tile/0/00"},
        Bad{"FourDigits", "tile/0/0000"}, Bad{"Plus", "tile/0/+00"}, Bad{"Minus", "tile/0/-00"},
        Bad{"Dots", "tile/0/../000"}, Bad{"DotGroup", "tile/0/..."},
        Bad{"ZeroFirstGroup", "tile/0/x000/001"}, Bad{"NoXBeforeTheFirst", "tile/0/001/000"},
        Bad{"XBeforeTheLast", "tile/0/x001/x000"}, Bad{"OnlyX", "tile/0/x"},
        Bad{"XAlone", "tile/0/x001"}, Bad{"XThenSlash", "tile/0/x001/"},
        Bad{"UpperX", "tile/0/X001/000"}, Bad{"ShortGroup", "tile/0/x01/000"},
        Bad{"LongGroup", "tile/0/x0001/000"}, Bad{"Percent", "tile/0/%30%30%30"},
        Bad{"IndexTooHigh", "tile/0/x036/x028/x797/x018/x963/968"},
        Bad{"TooManyGroups", "tile/0/x001/x000/x000/x000/x000/x000/000"},
        // 5, had it but 64 bits.
        Bad{"WrappingIndex", "tile/0/x001/x014/x570/x924/x054/x025/x338/885"},
        Bad{"OverflowingGroups", "tile/0/x999/x999/x999/x999/x999/999"},
        Bad{"WidthZero", "tile/0/000.p/0"}, Bad{"WidthFull", "tile/0/000.p/256"},
        Bad{"WidthHuge", "tile/0/000.p/4294967297"}, Bad{"WidthLeadingZero", "tile/0/000.p/07"},
        Bad{"WidthEmpty", "tile/0/000.p/"}, Bad{"WidthSigned", "tile/0/000.p/+7"},
        Bad{"WidthNegative", "tile/0/000.p/-7"}, Bad{"WidthTwice", "tile/0/000.p/7.p/7"},
        Bad{"WidthSlash", "tile/0/000.p/7/"}, Bad{"NoWidth", "tile/0/000.p"},
        Bad{"PartialInside", "tile/0/x001.p/7/000"}, Bad{"LineFeed", "tile/0/000\n"},
        Bad{"Query", "tile/0/000?x"}, Bad{"TrailingSpace", "tile/0/000 "},
        Bad{"Nul", std::string_view("tile/0/000\0", 11)},
        Bad{"NulInside", std::string_view("tile/0/0\0"
                                          "0",
                                          10)}),
    [](const ::testing::TestParamInfo<Bad>& test) { return test.param.name; });

TEST(TilePathTest, IsRefusedWhereverItIsCutOff) {
  const std::string path = "tile/1/x001/x234/067.p/12";
  for (std::size_t size = 0; size < path.size(); ++size) {
    const StatusOr<TileId> tile = ParseTilePath(path.substr(0, size));
    // Those which end behind the index or within the width name another tile.
    EXPECT_EQ(tile.ok(), size == path.find(".p") || size + 1 == path.size()) << size;
  }
}

TEST(TilePathTest, ReadsEveryPathThatItWrites) {
  std::uint64_t index = 0;
  for (unsigned level = 0; level <= kMaxTileLevel; ++level) {
    for (std::size_t width = 1; width <= kTileWidth; width += 5) {
      const TileId tile = Hashes(level, index, width);
      EXPECT_THAT(ParseTilePath(FormatTilePath(tile)), IsOkAndHolds(tile));
      index = (index * 5 + 7) % (kMaxTileIndex + 1);
    }
  }
}

TEST(TilePathTest, WritesNothingForWhatIsNoTile) {
  EXPECT_EQ(FormatTilePath(Hashes(64, 0)), "");
  EXPECT_EQ(FormatTilePath(Hashes(0, kMaxTileIndex + 1)), "");
  EXPECT_EQ(FormatTilePath(Hashes(0, 0, 0)), "");
  EXPECT_EQ(FormatTilePath({.kind = TileKind::kEntries, .level = 1}), "");
}

TEST(TilePathTest, IsBounded) {
  const std::string longest = FormatTilePath(Entries(kMaxTileIndex, 255));
  EXPECT_EQ(longest.size(), kMaxTilePathBytes);
  EXPECT_THAT(ParseTilePath(longest + '0'), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
