#include "plugin/core/ledger/tree/subtree.h"

#include <bit>
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::ledger {

void PrintTo(const NodeId& node, std::ostream* out) {
  *out << "(" << node.level << ", " << node.index << ")";
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IsCompleteTest, IsSoOnceAllLeavesAreThere) {
  EXPECT_FALSE(IsComplete({.level = 0, .index = 0}, 0));
  EXPECT_TRUE(IsComplete({.level = 0, .index = 6}, 7));
  EXPECT_FALSE(IsComplete({.level = 0, .index = 7}, 7));
  EXPECT_FALSE(IsComplete({.level = 3, .index = 0}, 7));
  EXPECT_TRUE(IsComplete({.level = 3, .index = 0}, 8));
  EXPECT_TRUE(IsComplete({.level = kMaxLevel, .index = 0}, kMaxTreeSize));
}

TEST(IsCompleteTest, RefusesWhatNoTreeHas) {
  EXPECT_FALSE(IsComplete({.level = kMaxLevel + 1, .index = 0}, kMaxTreeSize));
  EXPECT_FALSE(IsComplete({.level = ~0U, .index = 0}, kMaxTreeSize));
  EXPECT_FALSE(IsComplete({.level = 0, .index = 0}, kMaxTreeSize + 1));
  EXPECT_FALSE(IsComplete({.level = 0, .index = ~std::uint64_t{0}}, kMaxTreeSize));
}

TEST(SplitOfTest, IsTheLargestPowerOfTwoBelow) {
  EXPECT_EQ(SplitOf(0), 0U);
  EXPECT_EQ(SplitOf(1), 0U);
  EXPECT_EQ(SplitOf(2), 1U);
  EXPECT_EQ(SplitOf(3), 2U);
  EXPECT_EQ(SplitOf(4), 2U);
  EXPECT_EQ(SplitOf(5), 4U);
  EXPECT_EQ(SplitOf(70'000), 65'536U);
  EXPECT_EQ(SplitOf(kMaxTreeSize), std::uint64_t{1} << 62U);
}

TEST(CoverOfTest, IsTheRightEdgeOfATree) {
  EXPECT_THAT(CoverOf({.begin = 0, .end = 0}), IsEmpty());
  EXPECT_THAT(CoverOf({.begin = 0, .end = 8}), ElementsAre(NodeId{3, 0}));
  EXPECT_THAT(CoverOf({.begin = 0, .end = 7}),
              ElementsAre(NodeId{2, 0}, NodeId{1, 2}, NodeId{0, 6}));
  EXPECT_EQ(CoverOf({.begin = 0, .end = kMaxTreeSize}).size(), 63U);
}

TEST(CoverOfTest, CoversEachLeafOfARangeOnce) {
  constexpr std::uint64_t kLeaves = 70;
  for (std::uint64_t begin = 0; begin <= kLeaves; ++begin) {
    for (std::uint64_t end = begin; end <= kLeaves; ++end) {
      std::uint64_t at = begin;
      for (const NodeId& node : CoverOf({.begin = begin, .end = end})) {
        ASSERT_EQ(node.index << node.level, at) << begin << " to " << end;
        ASSERT_TRUE(IsComplete(node, end));
        at += std::uint64_t{1} << node.level;
      }
      ASSERT_EQ(at, end) << begin;
    }
  }
}

TEST(CoverOfTest, IsBounded) {
  EXPECT_EQ(CoverOf({.begin = 1, .end = kMaxTreeSize}).size(), 124U);
  EXPECT_THAT(CoverOf({.begin = 0, .end = kMaxTreeSize + 1}), IsEmpty());
  EXPECT_THAT(CoverOf({.begin = 5, .end = 4}), IsEmpty());
}

}  // namespace
}  // namespace svidence::ledger
