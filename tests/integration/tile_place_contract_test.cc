// What every place for a published log must do, held to the fake and to the
// directory.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/linux/tile_directory.h"
#include "tests/support/fake_tile_place.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ::svidence::ledger::TileId;
using ::svidence::ledger::TileKind;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

class FakeBackend {
 public:
  ledger::TilePlace& place() { return place_; }

 private:
  testing::FakeTilePlace place_;
};

class DirectoryBackend {
 public:
  ledger::TilePlace& place() { return *place_; }

 private:
  testing::TemporaryDirectory parent_;
  std::unique_ptr<linux_os::TileDirectoryWriter> place_ =
      linux_os::TileDirectoryWriter::Open(parent_.File("tiles"), 0).value();
};

template <typename Backend>
class TilePlaceContractTest : public ::testing::Test {
 protected:
  ledger::TilePlace& place() { return backend_.place(); }

 private:
  Backend backend_;
};

using Backends = ::testing::Types<FakeBackend, DirectoryBackend>;
TYPED_TEST_SUITE(TilePlaceContractTest, Backends);

TYPED_TEST(TilePlaceContractTest, SaysNotFoundOfWhatNobodyWrote) {
  for (const char* path :
       {"checkpoint", "checkpoint.witnessed", "tile/0/000", "tile/entries/x001/000.p/7"}) {
    EXPECT_THAT(this->place().Read(path, 100), StatusIs(StatusCode::kNotFound)) << path;
  }
}

TYPED_TEST(TilePlaceContractTest, GivesBackWhatWasWrittenAndReplaced) {
  for (const char* path : {"checkpoint", "checkpoint.witnessed", "tile/0/000", "tile/0/000.p/3",
                           "tile/entries/x001/x234/067", "tile/7/001.p/255"}) {
    ASSERT_THAT(this->place().Write(path, "first"), IsOk()) << path;
    ASSERT_THAT(this->place().Write(path, std::string_view("\0\n", 2)), IsOk()) << path;
    EXPECT_THAT(this->place().Read(path, 2), IsOkAndHolds(std::string("\0\n", 2))) << path;
    EXPECT_THAT(this->place().Read(path, 1), StatusIs(StatusCode::kInvalidArgument)) << path;
  }
  EXPECT_THAT(this->place().Sync(), IsOk());
  EXPECT_THAT(this->place().Read("tile/0/000", 2), IsOkAndHolds(std::string("\0\n", 2)));
}

TYPED_TEST(TilePlaceContractTest, TakesNoPathButThoseOfTheFormat) {
  for (const char* path :
       {"", "/", "checkpoint/", "./checkpoint", "../checkpoint", "checkpoint.tmp", "lock",
        "tile/0/../../x", "tile/0/00", "tile/0/000.p/256", "tile/0/000.p/0", "tile/64/000",
        "/tile/0/000", "tile//0/000", "tile/entries/000/", "tile/0/x000/001"}) {
    EXPECT_THAT(this->place().Write(path, "x"), StatusIs(StatusCode::kInvalidArgument)) << path;
    EXPECT_THAT(this->place().Read(path, 1), StatusIs(StatusCode::kInvalidArgument)) << path;
  }
  EXPECT_THAT(this->place().Write(std::string_view("checkpoint\0", 11), "x"),
              StatusIs(StatusCode::kInvalidArgument));
}

TYPED_TEST(TilePlaceContractTest, RemovesTheNarrowFormsOfOneTileAndNoOther) {
  ASSERT_THAT(this->place().Write("tile/0/000.p/1", "a"), IsOk());
  ASSERT_THAT(this->place().Write("tile/0/000.p/255", "a"), IsOk());
  ASSERT_THAT(this->place().Write("tile/0/000", "b"), IsOk());
  ASSERT_THAT(this->place().Write("tile/0/001.p/1", "c"), IsOk());
  ASSERT_THAT(this->place().Write("tile/entries/000.p/1", "d"), IsOk());
  ASSERT_THAT(this->place().RemovePartials(TileId{}), IsOk());
  EXPECT_THAT(this->place().Read("tile/0/000.p/1", 1), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->place().Read("tile/0/000.p/255", 1), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(this->place().Read("tile/0/000", 1), IsOkAndHolds(std::string("b")));
  EXPECT_THAT(this->place().Read("tile/0/001.p/1", 1), IsOkAndHolds(std::string("c")));
  EXPECT_THAT(this->place().Read("tile/entries/000.p/1", 1), IsOkAndHolds(std::string("d")));
  // Where they were, more can come.
  ASSERT_THAT(this->place().Write("tile/0/000.p/2", "e"), IsOk());
  EXPECT_THAT(this->place().Read("tile/0/000.p/2", 1), IsOkAndHolds(std::string("e")));
}

TYPED_TEST(TilePlaceContractTest, HasNothingToRemoveWhereThereIsNothing) {
  EXPECT_THAT(this->place().RemovePartials(TileId{.level = 3, .index = 1234567}), IsOk());
  EXPECT_THAT(this->place().RemovePartials({.kind = TileKind::kEntries, .index = 5}), IsOk());
}

TYPED_TEST(TilePlaceContractTest, RemovesNothingForATileThatIsNotFull) {
  EXPECT_THAT(this->place().RemovePartials(TileId{.width = 5}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(this->place().RemovePartials(TileId{.level = 64}),
              StatusIs(StatusCode::kInvalidArgument));
}

TYPED_TEST(TilePlaceContractTest, WritesIntoMoreFoldersThanItKeepsOpen) {
  for (int i = 0; i < 200; ++i) {
    const TileId tile{.index = static_cast<std::uint64_t>(i), .width = 1};
    ASSERT_THAT(this->place().Write(ledger::FormatTilePath(tile), "x"), IsOk()) << i;
  }
  EXPECT_THAT(this->place().Sync(), IsOk());
  EXPECT_THAT(this->place().Read("tile/0/199.p/1", 1), IsOkAndHolds(std::string("x")));
}

}  // namespace
}  // namespace svidence
