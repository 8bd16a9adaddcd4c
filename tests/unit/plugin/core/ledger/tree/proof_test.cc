#include "plugin/core/ledger/tree/proof.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof_check.h"
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
using ::testing::IsEmpty;

// The sizes at which tiles and subtrees begin and end.
constexpr std::array<std::size_t, 12> kSizes = {1,   2,   3,      7,      8,      255,
                                                256, 257, 65'535, 65'536, 65'537, 70'000};

class ProofTest : public ::testing::Test {
 protected:
  // Makes a tree of that many leaves.
  void Grow(std::size_t size) {
    leaves_ = SampleLeaves(hasher_, size);
    CompactRange range;
    for (const Digest& leaf : leaves_) {
      ASSERT_THAT(range.Append(hasher_, leaf, reader_.Observer()), IsOk());
    }
  }
  std::span<const Digest> First(std::size_t size) const { return std::span(leaves_).first(size); }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  MerkleReference reference_{hasher_};
  std::vector<Digest> leaves_;
  FakeNodeReader reader_;
};

TEST_F(ProofTest, HasTheRootOfNothingWithoutReading) {
  EXPECT_THAT(RootAt(hasher_, reader_, 0), IsOkAndHolds(EmptyRoot(hasher_)));
  EXPECT_EQ(reader_.reads(), 0U);
}

TEST_F(ProofTest, AgreesWithTheDefinitionAtEverySmallSize) {
  constexpr std::size_t kMost = 40;
  Grow(kMost);
  for (std::size_t size = 1; size <= kMost; ++size) {
    const auto leaves = First(size);
    ASSERT_THAT(RootAt(hasher_, reader_, size), IsOkAndHolds(reference_.Root(leaves)));
    for (std::size_t m = 0; m < size; ++m) {
      ASSERT_THAT(ProveInclusion(hasher_, reader_, m, size),
                  IsOkAndHolds(reference_.Path(m, leaves)))
          << m << " in " << size;
      ASSERT_THAT(ProveConsistency(hasher_, reader_, m + 1, size),
                  IsOkAndHolds(reference_.Proof(m + 1, leaves)))
          << m + 1 << " to " << size;
    }
  }
}

TEST_F(ProofTest, AgreesWithTheDefinitionAtLargeSizes) {
  Grow(70'000);
  for (const std::size_t size : kSizes) {
    const auto leaves = First(size);
    EXPECT_THAT(RootAt(hasher_, reader_, size), IsOkAndHolds(reference_.Root(leaves)));
    for (const std::size_t m : std::set<std::size_t>{0, size / 3, size - 1}) {
      EXPECT_THAT(ProveInclusion(hasher_, reader_, m, size),
                  IsOkAndHolds(reference_.Path(m, leaves)))
          << m << " in " << size;
    }
    for (const std::size_t old : kSizes) {
      if (old > size) break;
      EXPECT_THAT(ProveConsistency(hasher_, reader_, old, size),
                  IsOkAndHolds(reference_.Proof(old, leaves)))
          << old << " to " << size;
    }
  }
}

TEST_F(ProofTest, MakesProofsThatHoldAtRandomSizes) {
  constexpr std::uint64_t kMost = 5'000;
  Grow(kMost);
  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): a fixed seed is the point.
  std::mt19937_64 random(20261125);
  const auto below = [&random](std::uint64_t end) {
    return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(random);
  };
  for (int round = 0; round < 2'000; ++round) {
    const std::uint64_t size = 1 + below(kMost);
    const std::uint64_t index = below(size);
    const auto root = RootAt(hasher_, reader_, size);
    const auto inclusion = ProveInclusion(hasher_, reader_, index, size);
    ASSERT_TRUE(root.ok() && inclusion.ok());
    ASSERT_THAT(VerifyInclusion(hasher_, leaves_[index], index, size, *inclusion, *root), IsOk());
    const auto old_root = RootAt(hasher_, reader_, index + 1);
    const auto consistency = ProveConsistency(hasher_, reader_, index + 1, size);
    ASSERT_TRUE(old_root.ok() && consistency.ok());
    ASSERT_THAT(VerifyConsistency(hasher_, index + 1, size, *consistency, *old_root, *root),
                IsOk());
  }
}

// At small sizes proof_check_test.cc does so with proofs of the definition.
TEST_F(ProofTest, MakesProofsOfLargeTreesInWhichNoBitMayFlip) {
  Grow(70'000);
  const Digest root = *RootAt(hasher_, reader_, 70'000);
  constexpr std::size_t kOld = 65'537;
  const Digest old_root = *RootAt(hasher_, reader_, kOld);
  std::vector<Digest> inclusion = *ProveInclusion(hasher_, reader_, kOld, 70'000);
  std::vector<Digest> consistency = *ProveConsistency(hasher_, reader_, kOld, 70'000);
  const auto flip = [](std::vector<Digest>& proof, std::size_t bit) {
    std::uint8_t& byte = proof[bit / 256][bit % 256 / 8];
    byte = static_cast<std::uint8_t>(byte ^ (1U << (bit % 8)));
  };
  for (std::size_t bit = 0; bit < inclusion.size() * 256; ++bit) {
    flip(inclusion, bit);
    ASSERT_THAT(VerifyInclusion(hasher_, leaves_[kOld], kOld, 70'000, inclusion, root),
                StatusIs(StatusCode::kDataLoss));
    flip(inclusion, bit);
  }
  for (std::size_t bit = 0; bit < consistency.size() * 256; ++bit) {
    flip(consistency, bit);
    ASSERT_THAT(VerifyConsistency(hasher_, kOld, 70'000, consistency, old_root, root),
                StatusIs(StatusCode::kDataLoss));
    flip(consistency, bit);
  }
  EXPECT_THAT(VerifyInclusion(hasher_, leaves_[kOld], kOld, 70'000, inclusion, root), IsOk());
  EXPECT_THAT(VerifyConsistency(hasher_, kOld, 70'000, consistency, old_root, root), IsOk());
}

TEST_F(ProofTest, ReadsOnceForEachProof) {
  Grow(300);
  ASSERT_THAT(RootAt(hasher_, reader_, 299), IsOk());
  ASSERT_THAT(ProveInclusion(hasher_, reader_, 17, 299), IsOk());
  ASSERT_THAT(ProveConsistency(hasher_, reader_, 17, 299), IsOk());
  EXPECT_EQ(reader_.reads(), 3U);
}

TEST_F(ProofTest, HasNothingToShowWhereTheOldTreeIsEmptyOrTheSame) {
  Grow(9);
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 0, 0), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 0, 9), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 9, 9), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(ProveInclusion(hasher_, reader_, 0, 1), IsOkAndHolds(IsEmpty()));
}

TEST_F(ProofTest, RefusesWhatNoTreeHas) {
  Grow(9);
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  EXPECT_THAT(RootAt(hasher_, reader_, kMaxTreeSize + 1), StatusIs(StatusCode::kInvalidArgument));
  for (const std::uint64_t index : {std::uint64_t{9}, std::uint64_t{10}, kAll}) {
    EXPECT_THAT(ProveInclusion(hasher_, reader_, index, 9), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(ProveInclusion(hasher_, reader_, 0, 0), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(ProveConsistency(hasher_, reader_, index, 8),
                StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(ProveInclusion(hasher_, reader_, 0, kAll), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 1, kAll), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(reader_.reads(), 0U);
}

TEST_F(ProofTest, ReportsWhatTheReaderReports) {
  Grow(9);
  EXPECT_THAT(RootAt(hasher_, reader_, 10), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(ProveInclusion(hasher_, reader_, 3, 10), StatusIs(StatusCode::kNotFound));
  reader_.FailWith(Unavailable("the disk is slow"));
  EXPECT_THAT(RootAt(hasher_, reader_, 9), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ProveInclusion(hasher_, reader_, 3, 9), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 3, 9), StatusIs(StatusCode::kUnavailable));
}

TEST_F(ProofTest, DoesNotTakeFewerDigestsThanItAskedFor) {
  Grow(9);
  reader_.DropLast();
  EXPECT_THAT(RootAt(hasher_, reader_, 9), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(ProveInclusion(hasher_, reader_, 3, 9), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(ProveConsistency(hasher_, reader_, 3, 9), StatusIs(StatusCode::kInternal));
}

// Gives each node a digest of its own, so that trees of any size can be read.
class EndlessReader final : public NodeReader {
 public:
  StatusOr<std::vector<Digest>> Read(std::span<const NodeId> nodes) override {
    most_ = std::max(most_, nodes.size());
    return std::vector<Digest>(nodes.size());
  }
  std::size_t most() const { return most_; }

 private:
  std::size_t most_ = 0;
};

TEST_F(ProofTest, IsBoundedInTheLargestTrees) {
  EndlessReader reader;
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 62U;
  std::size_t longest = 0;
  for (const std::uint64_t size : {kHalf, kHalf + 1, kMaxTreeSize - 1, kMaxTreeSize}) {
    EXPECT_THAT(RootAt(hasher_, reader, size), IsOk());
    for (const std::uint64_t m : {std::uint64_t{1}, std::uint64_t{3}, kHalf - 1, kHalf, size - 1}) {
      const auto inclusion = ProveInclusion(hasher_, reader, m - 1, size);
      const auto consistency = ProveConsistency(hasher_, reader, m, size);
      ASSERT_TRUE(inclusion.ok() && consistency.ok());
      EXPECT_LT(inclusion->size(), kMaxProofNodes);
      longest = std::max(longest, consistency->size());
    }
  }
  EXPECT_EQ(longest, kMaxProofNodes);
  EXPECT_LE(reader.most(), kMaxNodesPerRead);
}

}  // namespace
}  // namespace svidence::ledger
