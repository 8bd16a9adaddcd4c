#include "plugin/core/ledger/audit/joiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/note_keys.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;

// Tiles of level 2 lie over 65,536 entries each: slices that stand for so many are
// made up here, from one leaf each.
class UpperTiles final : public EntryReader {
 public:
  Status Read(EntryIndex, std::size_t, EntryBlock& block) override {
    block = {};
    return OkStatus();
  }
  StatusOr<std::vector<Digest>> ReadTile(const TileId& tile) override {
    ++reads;
    if (gone) return NotFound("no such file");
    std::vector<Digest> hashes;
    for (std::size_t i = 0; i < tile.width; ++i) {
      hashes.push_back(nodes.nodes().at({(tile.level - 2) * 8, tile.index * 256 + i}));
    }
    if (wrong < hashes.size()) hashes[wrong][0] ^= 1;
    return hashes;
  }

  FakeNodeReader nodes;
  std::size_t wrong = 256;
  bool gone = false;
  int reads = 0;
};

class UpperTilesTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSlices = 300;

  UpperTilesTest() {
    CompactRange range;
    for (std::uint64_t i = 0; i < kSlices; ++i) {
      (void)range.Append(hasher_, RootOfSlice(i), tiles_.nodes.Observer());
    }
    root_ = range.Root(hasher_);
  }
  Digest RootOfSlice(std::uint64_t number) const {
    return hasher_.Sha256({std::to_string(number)});
  }
  // A slice whose tree is said to have that root.
  SliceResult Slice(std::uint64_t number) const {
    constexpr EntryIndex kEntries = EntryIndex{1} << 16U;
    SliceResult slice;
    slice.first = number * kEntries;
    slice.good = kEntries;
    slice.tree = *CompactRange::Restore(kEntries, std::vector<Digest>{RootOfSlice(number)});
    return slice;
  }
  std::optional<Defect> JoinAll() {
    Joiner joiner(hasher_, tiles_, EntryIndex{1} << 16U, kSlices << 16U);
    for (std::uint64_t i = 0; i < kSlices; ++i) EXPECT_THAT(joiner.Join(Slice(i)), IsOk());
    EXPECT_EQ(*joiner.Root(), root_);
    return joiner.tile_defect();
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  UpperTiles tiles_;
  Digest root_{};
};

TEST_F(UpperTilesTest, AreReadOnceEachAndHold) {
  EXPECT_FALSE(JoinAll());
  EXPECT_EQ(tiles_.reads, 3);  // two of level 2, one of level 3
}

TEST_F(UpperTilesTest, AWrongHashIsNamedByTheFirstEntryBelowIt) {
  tiles_.wrong = 7;  // of each tile: the lowest entry counts
  const std::optional<Defect> defect = JoinAll();
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, DefectKind::kTile);
  EXPECT_EQ(defect->index, EntryIndex{7} << 16U);
  tiles_.wrong = 0;
  EXPECT_EQ(JoinAll()->index, 0U);
}

TEST_F(UpperTilesTest, ATileThatIsGoneIsADefect) {
  tiles_.gone = true;
  EXPECT_EQ(JoinAll()->index, 0U);
}

TEST(JoinerTest, NamesTheSubjectsPreviousEntryAcrossSlices) {
  const openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  UpperTiles none;
  Joiner joiner(hasher, none, 2, std::nullopt);
  const SubjectIndex keys(hasher);
  SliceResult first;
  first.good = 2;
  (void)first.tree.Append(hasher, Digest{1});
  (void)first.tree.Append(hasher, Digest{2});
  first.subjects.FindOrAdd({.key = keys.KeyOf("a"), .first = 0, .last = 1, .before = std::nullopt});
  ASSERT_THAT(joiner.Join(first), IsOk());
  SliceResult second;
  second.first = 2;
  second.subjects.FindOrAdd({.key = keys.KeyOf("a"), .first = 2, .last = 2, .before = 0});
  // The entry itself cannot be read again here: that is said, not passed over.
  EXPECT_THAT(joiner.Join(second), testing::StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
