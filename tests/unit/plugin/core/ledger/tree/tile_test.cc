#include "plugin/core/ledger/tree/tile.h"

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {

void PrintTo(const TileSpan& span, std::ostream* out) {
  *out << "{level " << span.level << ", " << span.first << " to " << span.end << ", partial "
       << span.partial_width << "}";
}

namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NewTilesTest, AreAllTilesFromNothing) {
  EXPECT_THAT(NewTiles(0, 0), IsEmpty());
  EXPECT_THAT(NewTiles(0, 1), ElementsAre(TileSpan{0, 0, 0, 1}));
  EXPECT_THAT(NewTiles(0, 255), ElementsAre(TileSpan{0, 0, 0, 255}));
  // The examples of c2sp.org/tlog-tiles.
  EXPECT_THAT(NewTiles(0, 256), ElementsAre(TileSpan{0, 0, 1, 0}, TileSpan{1, 0, 0, 1}));
  EXPECT_THAT(NewTiles(0, 70'000),
              ElementsAre(TileSpan{0, 0, 273, 112}, TileSpan{1, 0, 1, 17}, TileSpan{2, 0, 0, 1}));
}

TEST(NewTilesTest, AreThoseThatGrewAndNoOthers) {
  EXPECT_THAT(NewTiles(5, 5), IsEmpty());
  EXPECT_THAT(NewTiles(5, 6), ElementsAre(TileSpan{0, 0, 0, 6}));
  EXPECT_THAT(NewTiles(255, 256), ElementsAre(TileSpan{0, 0, 1, 0}, TileSpan{1, 0, 0, 1}));
  EXPECT_THAT(NewTiles(256, 257), ElementsAre(TileSpan{0, 1, 1, 1}));
  EXPECT_THAT(NewTiles(257, 70'000),
              ElementsAre(TileSpan{0, 1, 273, 112}, TileSpan{1, 0, 1, 17}, TileSpan{2, 0, 0, 1}));
  EXPECT_THAT(NewTiles(65'535, 65'536),
              ElementsAre(TileSpan{0, 255, 256, 0}, TileSpan{1, 0, 1, 0}, TileSpan{2, 0, 0, 1}));
}

TEST(NewTilesTest, AreBounded) {
  const std::vector<TileSpan> all = NewTiles(0, kMaxTreeSize);
  ASSERT_EQ(all.size(), 8U);
  EXPECT_EQ(all.front(), (TileSpan{0, 0, kMaxTileIndex, 255}));
  EXPECT_EQ(all.back(), (TileSpan{7, 0, 0, 127}));
  EXPECT_THAT(NewTiles(0, kMaxTreeSize + 1), IsEmpty());
  EXPECT_THAT(NewTiles(6, 5), IsEmpty());
  EXPECT_THAT(NewTiles(~std::uint64_t{0}, 5), IsEmpty());
}

// The width of each tile, by level and index.
using Widths = std::map<std::pair<unsigned, std::uint64_t>, std::size_t>;

void Add(const std::vector<TileSpan>& spans, Widths& widths) {
  for (const TileSpan& span : spans) {
    for (std::uint64_t index = span.first; index < span.end; ++index) {
      widths[{span.level, index}] = kTileWidth;
    }
    if (span.partial_width > 0) widths[{span.level, span.end}] = span.partial_width;
  }
}

// Growing step by step, a directory ends up with the widest tile of each place.
TEST(NewTilesTest, AgreeWithTheWidthsWhateverTheSteps) {
  constexpr std::array<std::uint64_t, 13> kSizes = {0,   1,   2,      3,      7,      8,     255,
                                                    256, 257, 65'535, 65'536, 65'537, 70'000};
  Widths grown;
  std::uint64_t old_size = 0;
  for (const std::uint64_t size : kSizes) {
    Add(NewTiles(old_size, size), grown);
    Widths at_once;
    Add(NewTiles(0, size), at_once);
    ASSERT_EQ(grown, at_once) << size;
    for (const auto& [place, width] : grown) {
      ASSERT_EQ(TileWidthAt(place.first, place.second, size), width) << size;
    }
    old_size = size;
  }
}

TEST(TileWidthAtTest, IsNothingWhereThereIsNoTile) {
  EXPECT_EQ(TileWidthAt(0, 0, 0), 0U);
  EXPECT_EQ(TileWidthAt(0, 273, 70'000), 112U);
  EXPECT_EQ(TileWidthAt(0, 274, 70'000), 0U);
  EXPECT_EQ(TileWidthAt(0, 1, 256), 0U);
  EXPECT_EQ(TileWidthAt(0, ~std::uint64_t{0}, kMaxTreeSize), 0U);
  EXPECT_EQ(TileWidthAt(7, 0, kMaxTreeSize), 127U);
  EXPECT_EQ(TileWidthAt(8, 0, kMaxTreeSize), 0U);
  EXPECT_EQ(TileWidthAt(~0U, 0, kMaxTreeSize), 0U);
}

TEST(IsTileTest, BoundsEachMember) {
  EXPECT_TRUE(IsTile({.level = 63, .index = kMaxTileIndex, .width = 1}));
  EXPECT_TRUE(IsTile({.kind = TileKind::kEntries, .index = kMaxTileIndex}));
  EXPECT_FALSE(IsTile({.level = 64}));
  EXPECT_FALSE(IsTile({.index = kMaxTileIndex + 1}));
  EXPECT_FALSE(IsTile({.width = 0}));
  EXPECT_FALSE(IsTile({.width = 257}));
  EXPECT_FALSE(IsTile({.kind = TileKind::kEntries, .level = 1}));
}

TEST(TileBytesTest, AreReadBack) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  const std::vector<Digest> hashes = SampleLeaves(hasher, kTileWidth);
  for (const std::size_t width : {std::size_t{1}, std::size_t{112}, kTileWidth}) {
    const auto some = std::span(hashes).first(width);
    const StatusOr<std::string> bytes = EncodeTile(some);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(bytes->size(), 32 * width);
    EXPECT_THAT(DecodeTile(*bytes, width),
                IsOkAndHolds(std::vector<Digest>(some.begin(), some.end())));
    EXPECT_THAT(DecodeTile(*bytes, width + 1), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(DecodeTile(*bytes, width - 1), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(DecodeTile(*bytes + 'x', width), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(DecodeTile(bytes->substr(1), width), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST(TileBytesTest, AreOneTo256Hashes) {
  EXPECT_THAT(EncodeTile({}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(EncodeTile(std::vector<Digest>(kTileWidth + 1)),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeTile("", 0), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeTile(std::string(std::size_t{257} * 32, 'x'), 257),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
