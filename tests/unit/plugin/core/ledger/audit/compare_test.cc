#include "plugin/core/ledger/audit/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "tests/support/fake_node_reader.h"
#include "tests/support/merkle_reference.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::MerkleReference;
using ::svidence::testing::SampleLeaves;
using ::svidence::testing::StatusIs;

class CompareTest : public ::testing::Test {
 protected:
  CompareTest() {
    CompactRange range;
    for (const Digest& leaf : leaves_) (void)range.Append(hasher_, leaf, nodes_.Observer());
  }
  SeenCheckpoint At(std::size_t size) const {
    const Digest root = MerkleReference(hasher_).Root(std::span(leaves_).first(size));
    return {.checkpoint = {.origin = "a", .size = size, .root = root},
            .note = std::to_string(size)};
  }
  Comparison Compare(const SeenCheckpoint& a, const SeenCheckpoint& b) {
    const StatusOr<Comparison> compared = CompareCheckpoints(a, b, nodes_, hasher_);
    EXPECT_THAT(compared, IsOk());
    return compared.ok() ? *compared : Comparison{.continuity = Continuity::kUnproved};
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<Digest> leaves_ = SampleLeaves(hasher_, 20);
  FakeNodeReader nodes_;
};

TEST_F(CompareTest, AnHonestLogContinuesItselfWhicheverIsGivenFirst) {
  for (std::size_t i = 0; i <= 20; ++i) {
    for (std::size_t j = 0; j <= 20; ++j) {
      EXPECT_EQ(Compare(At(i), At(j)).continuity, Continuity::kContinues) << i << " " << j;
    }
  }
}

TEST_F(CompareTest, AnotherRootAtTheSameSizeNeedsNoNodes) {
  SeenCheckpoint other = At(7);
  other.checkpoint.root[0] ^= 1;
  nodes_.FailWith(Unavailable("no tiles"));
  const Comparison compared = Compare(At(7), other);
  EXPECT_EQ(compared.continuity, Continuity::kContradicts);
  ASSERT_TRUE(compared.fraud);
  EXPECT_TRUE(compared.fraud->nodes.empty());
}

TEST_F(CompareTest, TilesThatAreNotTheSignedTreeProveNothing) {
  SeenCheckpoint other = At(15);
  other.checkpoint.root[0] ^= 1;  // signed, but these are not its nodes
  EXPECT_EQ(Compare(At(7), other).continuity, Continuity::kUnproved);
  nodes_.FailWith(NotFound("no tile"));
  EXPECT_EQ(Compare(At(7), At(15)).continuity, Continuity::kUnproved);
  nodes_.FailWith(DataLoss("half a tile"));
  EXPECT_EQ(Compare(At(7), At(15)).continuity, Continuity::kUnproved);
}

TEST_F(CompareTest, WhatCannotBeReadIsAnError) {
  nodes_.FailWith(Unavailable("no answer"));
  EXPECT_THAT(CompareCheckpoints(At(7), At(15), nodes_, hasher_),
              StatusIs(StatusCode::kUnavailable));
  SeenCheckpoint foreign = At(7);
  foreign.checkpoint.origin = "b";
  EXPECT_THAT(CompareCheckpoints(At(7), foreign, nodes_, hasher_),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
