#include "plugin/core/ledger/audit/tiles_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_tile_reader.h"
#include "tests/support/note_keys.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeTileReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::OpenerOf;
using ::svidence::testing::Publish;
using ::svidence::testing::PublishedFiles;
using ::svidence::testing::StatusIs;

class TilesSourceTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  NoteKey key_{hasher_, 1, "example.org/log"};
  std::vector<StoredEntry> entries_ = OpenedChain(hasher_, 300);
  PublishedFiles files_ = Publish(hasher_, key_.signer(), entries_);
};

TEST_F(TilesSourceTest, ReadsAnyEntryWithTheHashOfItsTile) {
  TilesSource source(OpenerOf(files_), 300);
  EXPECT_EQ(**source.Size(), 300U);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  EntryBlock block;
  for (const EntryIndex first : {0U, 255U, 256U, 299U, 17U}) {
    ASSERT_THAT(reader->Read(first, 1, block), IsOk());
    ASSERT_EQ(block.entries.size(), 1U);
    EXPECT_EQ(block.entries[0], entries_[first].bytes);
    EXPECT_EQ(block.leaves[0], entries_[first].leaf);
  }
  ASSERT_THAT(reader->Read(250, 100, block), IsOk());
  EXPECT_EQ(block.entries.size(), 6U);  // up to the end of the bundle
  ASSERT_THAT(reader->Read(300, 1, block), IsOk());
  EXPECT_TRUE(block.entries.empty());
  EXPECT_EQ(reader->ReadTile({.level = 1, .index = 0, .width = 1})->size(), 1U);
  EXPECT_THAT(reader->ReadTile({.level = 1, .index = 1, .width = 1}),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(TilesSourceTest, WhatIsPublishedBehindItsSizeIsNotLookedAt) {
  TilesSource source(OpenerOf(files_), 256);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  EntryBlock block;
  ASSERT_THAT(reader->Read(256, 10, block), IsOk());
  EXPECT_TRUE(block.entries.empty());
  EXPECT_FALSE(block.defect);
}

TEST_F(TilesSourceTest, AServerThatFailsIsAnError) {
  TilesSource source(
      [] {
        auto tiles = std::make_unique<FakeTileReader>();
        tiles->FailWith(Unavailable("no answer"));
        return StatusOr<std::unique_ptr<TileReader>>(std::move(tiles));
      },
      300);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  EntryBlock block;
  EXPECT_THAT(reader->Read(0, 1, block), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(reader->ReadTile({.level = 1}), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
