#include "plugin/core/ledger/tree/tile_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/tree/entry_bundle.h"
#include "tests/support/fake_tile_reader.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeTileReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

TEST(FetchTileTest, TakesTheFullTileWhereThePartialOneIsGone) {
  FakeTileReader tiles;
  const std::vector<Digest> hashes(kTileWidth, Digest{1});
  tiles.Set("tile/0/001", *EncodeTile(hashes));
  const StatusOr<std::vector<Digest>> found =
      FetchTile(tiles, {.level = 0, .index = 1, .width = 3});
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->size(), kTileWidth);
  tiles.Set("tile/0/001.p/3", *EncodeTile(std::vector<Digest>(3)));
  EXPECT_EQ(FetchTile(tiles, {.level = 0, .index = 1, .width = 3})->size(), 3U);
  const Status gone = FetchTile(tiles, {.level = 0, .index = 2, .width = 3}).status();
  EXPECT_THAT(gone, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Message(gone), HasSubstr(".p/3"));
  tiles.Set("tile/0/003.p/3", "short");
  EXPECT_THAT(FetchTile(tiles, {.level = 0, .index = 3, .width = 3}),
              StatusIs(StatusCode::kDataLoss));
}

TEST(FetchBundleTest, SaysHowManyEntriesItsPathPromises) {
  FakeTileReader tiles;
  tiles.Set("tile/entries/000", "full");
  const TileId partial{.kind = TileKind::kEntries, .width = 2};
  EXPECT_EQ(FetchBundle(tiles, partial)->width, kTileWidth);
  tiles.Set("tile/entries/000.p/2", "partial");
  EXPECT_EQ(FetchBundle(tiles, partial)->width, 2U);
  EXPECT_EQ(FetchBundle(tiles, partial)->bytes, "partial");
  tiles.FailWith(Unavailable("no answer"));
  EXPECT_THAT(FetchBundle(tiles, partial), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
