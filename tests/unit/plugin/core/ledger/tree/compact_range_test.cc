#include "plugin/core/ledger/tree/compact_range.h"

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "tests/support/fake_node_reader.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::MerkleReference;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;

class CompactRangeTest : public ::testing::Test {
 protected:
  CompactRange RangeOf(std::span<const Digest> leaves) const {
    CompactRange range;
    for (const Digest& leaf : leaves) EXPECT_THAT(range.Append(hasher_, leaf), IsOk());
    return range;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  MerkleReference reference_{hasher_};
};

TEST_F(CompactRangeTest, IsEmptyAtFirst) {
  const CompactRange range;
  EXPECT_EQ(range.size(), 0U);
  EXPECT_TRUE(range.nodes().empty());
  EXPECT_EQ(range.Root(hasher_), EmptyRoot(hasher_));
}

TEST_F(CompactRangeTest, HasTheRootOfTheDefinitionAtEverySmallSize) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 300);
  CompactRange range;
  for (std::size_t size = 0; size < leaves.size(); ++size) {
    ASSERT_EQ(range.Root(hasher_), reference_.Root(std::span(leaves).first(size))) << size;
    ASSERT_EQ(range.size(), size);
    ASSERT_THAT(range.Append(hasher_, leaves[size]), IsOk());
  }
}

TEST_F(CompactRangeTest, HasTheRootOfTheDefinitionAtLargeSizes) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 70'000);
  for (const std::size_t size : {65'535U, 65'536U, 65'537U, 70'000U}) {
    const auto some = std::span(leaves).first(size);
    EXPECT_EQ(RangeOf(some).Root(hasher_), reference_.Root(some)) << size;
  }
}

// From compact/range_test.go of github.com/transparency-dev/merkle: leaf i has
// the two bytes of i, lower one first.
TEST_F(CompactRangeTest, HasPublishedRoots) {
  struct Published {
    std::uint64_t size;
    std::string_view root;
  };
  CompactRange range;
  for (const Published& published :
       {Published{10, "VjWMPSYNtCuCNlF/RLnQy6HcwSk6CIipfxm+hettA+4="},
        Published{15, "j4SulYmocFuxdeyp12xXCIgK6PekBcxzAIj4zbQzNEI="},
        Published{16, "c+4Uc6BCMOZf/v3NZK1kqTUJe+bBoFtOhP+P3SayKRE="},
        Published{100, "dUh9hYH88p0CMoHkdr1wC2szbhcLAXOejWpINIooKUY="},
        Published{255, "SmdsuKUqiod3RX2jyF2M6JnbdE4QuTwwipfAowI4/i0="},
        Published{256, "qFI0t/tZ1MdOYgyPpPzHFiZVw86koScXy9q3FU5casA="},
        Published{1000, "RXrgb8xHd55Y48FbfotJwCbV82Kx22LZfEbmBGAvwlQ="},
        Published{4095, "cWRFdQhPcjn9WyBXE/r1f04ejxIm5lvg40DEpRBVS0w="},
        Published{4096, "6uU/phfHg1n/GksYT6TO9aN8EauMCCJRl3dIK0HDs2M="},
        Published{10'000, "VZcav65F9haHVRk3wre2axFoBXRNeUh/1d9d5FQfxIg="},
        Published{65'535, "iPuVYJhP6SEE4gUFp8qbafd2rYv9YTCDYqAxCj8HdLM="}}) {
    while (range.size() < published.size) {
      const std::string data{static_cast<char>(range.size()),
                             static_cast<char>(range.size() >> 8U)};
      ASSERT_THAT(range.Append(hasher_, LeafHash(hasher_, data)), IsOk());
    }
    EXPECT_EQ(Base64Encode(range.Root(hasher_)), published.root) << published.size;
  }
}

TEST_F(CompactRangeTest, KeepsTheNodesOfTheRightEdge) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 7);
  const CompactRange range = RangeOf(leaves);
  ASSERT_EQ(range.nodes().size(), 3U);
  EXPECT_EQ(range.nodes()[0], reference_.Root(std::span(leaves).first(4)));
  EXPECT_EQ(range.nodes()[1], reference_.Root(std::span(leaves).subspan(4, 2)));
  EXPECT_EQ(range.nodes()[2], leaves[6]);
}

TEST_F(CompactRangeTest, TellsOfEachCompleteNodeOnce) {
  constexpr std::size_t kLeaves = 70;
  const std::vector<Digest> leaves = SampleLeaves(hasher_, kLeaves);
  FakeNodeReader told;
  std::size_t calls = 0;
  CompactRange range;
  for (const Digest& leaf : leaves) {
    ASSERT_THAT(range.Append(hasher_, leaf,
                             [&](const NodeId& node, const Digest& digest) {
                               told.Set(node, digest);
                               ++calls;
                             }),
                IsOk());
  }
  EXPECT_EQ(calls, 70U + 35 + 17 + 8 + 4 + 2 + 1);
  EXPECT_EQ(told.nodes().size(), calls);
  for (const auto& [node, digest] : told.nodes()) {
    ASSERT_TRUE(IsComplete(node, kLeaves));
    const std::size_t width = std::size_t{1} << node.level;
    EXPECT_EQ(digest, reference_.Root(std::span(leaves).subspan(node.index * width, width)));
  }
}

TEST_F(CompactRangeTest, GoesOnWhereItWasRestored) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 41);
  for (std::size_t size = 0; size <= 40; ++size) {
    CompactRange range = RangeOf(std::span(leaves).first(size));
    StatusOr<CompactRange> restored = CompactRange::Restore(range.size(), range.nodes());
    ASSERT_THAT(restored, IsOkAndHolds(range));
    ASSERT_THAT(range.Append(hasher_, leaves[size]), IsOk());
    EXPECT_FALSE(*restored == range);
    ASSERT_THAT(restored->Append(hasher_, leaves[size]), IsOk());
    EXPECT_EQ(restored->Root(hasher_), range.Root(hasher_));
  }
}

TEST_F(CompactRangeTest, DoesNotRestoreMoreOrFewerNodesThanASizeHas) {
  const std::vector<Digest> nodes(64);
  const std::span<const Digest> all = nodes;
  for (const std::uint64_t size : {0U, 1U, 2U, 7U, 8U, 70'000U}) {
    const auto count = static_cast<std::size_t>(std::popcount(size));
    EXPECT_THAT(CompactRange::Restore(size, all.first(count)), IsOk());
    EXPECT_THAT(CompactRange::Restore(size, all.first(count + 1)),
                StatusIs(StatusCode::kInvalidArgument));
    if (count == 0) continue;
    EXPECT_THAT(CompactRange::Restore(size, all.first(count - 1)),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(CompactRangeTest, HasAtMostTheLargestSize) {
  const std::vector<Digest> nodes = SampleLeaves(hasher_, 64);
  const std::span<const Digest> all = nodes;
  EXPECT_THAT(CompactRange::Restore(kMaxTreeSize + 1, all.first(1)),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(CompactRange::Restore(~std::uint64_t{0}, all),
              StatusIs(StatusCode::kInvalidArgument));

  StatusOr<CompactRange> range = CompactRange::Restore(kMaxTreeSize - 1, all.first(62));
  ASSERT_THAT(range, IsOk());
  ASSERT_THAT(range->Append(hasher_, nodes[63]), IsOk());
  EXPECT_EQ(range->size(), kMaxTreeSize);
  const CompactRange full = *range;
  EXPECT_THAT(range->Append(hasher_, nodes[62]), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(*range, full);
  EXPECT_EQ(full.Root(hasher_), range->Root(hasher_));
}

}  // namespace
}  // namespace svidence::ledger
