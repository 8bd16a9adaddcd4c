#include "plugin/core/ledger/tree/tile_node_reader.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/proof_check.h"
#include "plugin/core/ledger/tree/tile_path.h"
#include "tests/support/fake_node_reader.h"
#include "tests/support/fake_tile_reader.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::FakeTileReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TileNodeReaderTest : public ::testing::Test {
 protected:
  // Makes a tree of `size` leaves and writes the tiles that it has.
  void Grow(std::size_t size) {
    leaves_ = SampleLeaves(hasher_, size);
    CompactRange range;
    for (const Digest& leaf : leaves_) {
      ASSERT_THAT(range.Append(hasher_, leaf, nodes_.Observer()), IsOk());
    }
    root_ = range.Root(hasher_);
    for (const TileSpan& span : NewTiles(0, size)) {
      for (std::uint64_t index = span.first; index < span.end; ++index) {
        Write({.level = span.level, .index = index});
      }
      if (span.partial_width == 0) continue;
      Write({.level = span.level, .index = span.end, .width = span.partial_width});
    }
  }
  void Write(const TileId& tile) {
    std::vector<Digest> hashes;
    for (std::size_t i = 0; i < tile.width; ++i) {
      hashes.push_back(nodes_.nodes().at(
          {.level = tile.level * kTileHeight, .index = tile.index * kTileWidth + i}));
    }
    tiles_.Set(FormatTilePath(tile), *EncodeTile(hashes));
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<Digest> leaves_;
  Digest root_{};
  FakeNodeReader nodes_;
  FakeTileReader tiles_;
};

TEST_F(TileNodeReaderTest, GivesEveryCompleteNode) {
  Grow(600);
  TileNodeReader reader(hasher_, tiles_, 600);
  for (const auto& [node, digest] : nodes_.nodes()) {
    ASSERT_THAT(reader.Read({{node}}), IsOkAndHolds(ElementsAre(digest)))
        << node.index << " on level " << node.level;
  }
}

TEST_F(TileNodeReaderTest, HasTheRootAtEverySizeWithTiles) {
  for (const std::size_t size :
       {1U, 2U, 3U, 7U, 8U, 255U, 256U, 257U, 65'535U, 65'536U, 65'537U, 70'000U}) {
    tiles_ = FakeTileReader();
    nodes_ = FakeNodeReader();
    Grow(size);
    TileNodeReader reader(hasher_, tiles_, size);
    EXPECT_THAT(RootAt(hasher_, reader, size), IsOkAndHolds(root_)) << size;
  }
}

TEST_F(TileNodeReaderTest, FeedsProofsThatHold) {
  constexpr std::size_t kSize = 70'000;
  Grow(kSize);
  TileNodeReader reader(hasher_, tiles_, kSize);
  for (std::size_t m = 0; m < kSize; m += 997) {
    const auto inclusion = ProveInclusion(hasher_, reader, m, kSize);
    ASSERT_THAT(inclusion, IsOk());
    EXPECT_THAT(VerifyInclusion(hasher_, leaves_[m], m, kSize, *inclusion, root_), IsOk());
    const auto consistency = ProveConsistency(hasher_, reader, m + 1, kSize);
    ASSERT_THAT(consistency, IsOk());
    // The nodes of the fake show the old root.
    const auto old_root = RootAt(hasher_, nodes_, m + 1);
    ASSERT_THAT(old_root, IsOk());
    EXPECT_THAT(VerifyConsistency(hasher_, m + 1, kSize, *consistency, *old_root, root_), IsOk());
  }
}

TEST_F(TileNodeReaderTest, ReadsEachTileOnceForAProof) {
  Grow(70'000);
  TileNodeReader reader(hasher_, tiles_, 70'000);
  ASSERT_THAT(ProveInclusion(hasher_, reader, 12'345, 70'000), IsOk());
  // Three on the way up, two more to the right of it, one of them at the top.
  EXPECT_LE(tiles_.reads(), 6U);
}

TEST_F(TileNodeReaderTest, TakesTheFullTileWhereThePartialOneIsGone) {
  Grow(512);
  tiles_.Remove("tile/1/000.p/2");
  TileNodeReader reader(hasher_, tiles_, 300);  // whose partial tile was removed
  EXPECT_THAT(RootAt(hasher_, reader, 300), StatusIs(StatusCode::kNotFound));
  tiles_.Set("tile/1/000.p/1", *EncodeTile(std::vector{nodes_.nodes().at({8, 0})}));
  EXPECT_THAT(RootAt(hasher_, reader, 300), IsOkAndHolds(*RootAt(hasher_, nodes_, 300)));
}

TEST_F(TileNodeReaderTest, HasOnlyCompleteNodesOfItsTree) {
  Grow(300);
  TileNodeReader reader(hasher_, tiles_, 300);
  for (const NodeId node : {NodeId{0, 300}, NodeId{8, 1}, NodeId{2, 75}, NodeId{63, 0},
                            NodeId{~0U, 0}, NodeId{0, ~std::uint64_t{0}}}) {
    EXPECT_THAT(reader.Read({{node}}), StatusIs(StatusCode::kNotFound));
  }
}

TEST_F(TileNodeReaderTest, BoundsWhatIsReadAtOnce) {
  Grow(1);
  TileNodeReader reader(hasher_, tiles_, 1);
  EXPECT_THAT(reader.Read(std::vector<NodeId>(kMaxNodesPerRead)), IsOk());
  EXPECT_THAT(reader.Read(std::vector<NodeId>(kMaxNodesPerRead + 1)),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(tiles_.reads(), 1U);
}

TEST_F(TileNodeReaderTest, RefusesATileOfAnotherLength) {
  Grow(300);
  TileNodeReader reader(hasher_, tiles_, 300);
  std::string& tile = tiles_.files().at("tile/0/001.p/44");
  const std::string good = tile;
  tile = good.substr(0, good.size() - 1);
  EXPECT_THAT(RootAt(hasher_, reader, 300), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(RootAt(hasher_, reader, 300).status()), HasSubstr("tile/0/001.p/44: "));
  tile = good + 'x';
  EXPECT_FALSE(RootAt(hasher_, reader, 300).ok());
  tiles_.IgnoreBound();
  EXPECT_THAT(RootAt(hasher_, reader, 300), StatusIs(StatusCode::kDataLoss));
}

TEST_F(TileNodeReaderTest, ReportsWhatThePortReports) {
  Grow(300);
  TileNodeReader reader(hasher_, tiles_, 300);
  tiles_.FailWith(Unavailable("the server is slow"));
  EXPECT_THAT(RootAt(hasher_, reader, 300), StatusIs(StatusCode::kUnavailable));
}

// It verifies nothing: whoever compares the root sees it.
TEST_F(TileNodeReaderTest, LetsAFlippedBitShowInTheRoot) {
  Grow(300);
  TileNodeReader reader(hasher_, tiles_, 300);
  for (auto& [path, bytes] : tiles_.files()) {
    // The full tile of level 0 stands in no root of this size: level 1 does.
    if (path == "tile/0/000") continue;
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 37) {
      char& byte = bytes[bit / 8];
      const char good = byte;
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
      const StatusOr<Digest> root = RootAt(hasher_, reader, 300);
      ASSERT_THAT(root, IsOk());
      EXPECT_NE(*root, root_) << path << " bit " << bit;
      byte = good;
    }
  }
}

TEST_F(TileNodeReaderTest, LetsAFlippedBitShowInAProof) {
  Grow(300);
  TileNodeReader reader(hasher_, tiles_, 300);
  std::string& tile = tiles_.files().at("tile/0/000");
  for (std::size_t leaf = 0; leaf < kTileWidth; ++leaf) {
    if (leaf == 9) continue;  // the leaf itself is no part of its proof
    tile[leaf * 32] = static_cast<char>(tile[leaf * 32] ^ 1);
    const auto proof = ProveInclusion(hasher_, reader, 9, 300);
    ASSERT_THAT(proof, IsOk());
    EXPECT_THAT(VerifyInclusion(hasher_, leaves_[9], 9, 300, *proof, root_),
                StatusIs(StatusCode::kDataLoss));
    tile[leaf * 32] = static_cast<char>(tile[leaf * 32] ^ 1);
  }
}

}  // namespace
}  // namespace svidence::ledger
