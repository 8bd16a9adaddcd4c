#include "plugin/core/ledger/tree/batch_prover.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/proof.h"
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

// Counts what it hashes.
class CountingHasher final : public Hasher {
 public:
  Digest Sha256(std::initializer_list<std::string_view> parts) const override {
    ++count_;
    return hasher_.Sha256(parts);
  }
  std::size_t TakeCount() const { return std::exchange(count_, 0); }

 private:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  mutable std::size_t count_ = 0;
};

class BatchProverTest : public ::testing::Test {
 protected:
  CompactRange RangeOf(std::span<const Digest> leaves, const NodeObserver& observer = {}) const {
    CompactRange range;
    for (const Digest& leaf : leaves) EXPECT_THAT(range.Append(hasher_, leaf, observer), IsOk());
    return range;
  }

  // All that a batch behind `size` leaves gives, against the definition.
  void Check(std::span<const Digest> leaves, std::size_t size) const {
    const StatusOr<BatchProver> prover =
        BatchProver::Create(hasher_, RangeOf(leaves.first(size)), leaves.subspan(size));
    ASSERT_THAT(prover, IsOk());
    ASSERT_EQ(prover->first(), size);
    ASSERT_EQ(prover->leaves(), leaves.size() - size);
    ASSERT_EQ(prover->size(), leaves.size());
    ASSERT_EQ(prover->root(), reference_.Root(leaves));
    ASSERT_EQ(prover->after(), RangeOf(leaves));
    for (std::size_t i = size; i < leaves.size(); ++i) {
      ASSERT_THAT(prover->Prove(i - size), IsOkAndHolds(reference_.Path(i, leaves)))
          << "leaf " << i << " of " << leaves.size() << " behind " << size;
    }
  }

  CountingHasher hasher_;
  MerkleReference reference_{hasher_};
};

TEST_F(BatchProverTest, AgreesWithTheDefinitionAtEverySmallSize) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 40);
  for (std::size_t end = 0; end <= leaves.size(); ++end) {
    for (std::size_t size = 0; size <= end; ++size) {
      ASSERT_NO_FATAL_FAILURE(Check(std::span(leaves).first(end), size));
    }
  }
}

TEST_F(BatchProverTest, AgreesWithTheGeneratorAtLargeSizes) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 70'000);
  FakeNodeReader reader;
  CompactRange range;
  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): a fixed seed is the point.
  std::mt19937_64 random(20261125);
  std::uniform_int_distribution<std::size_t> batch(0, kMaxBatchLeaves);
  while (range.size() < leaves.size()) {
    const auto first = static_cast<std::size_t>(range.size());
    const std::size_t count = std::min(batch(random), leaves.size() - first);
    const StatusOr<BatchProver> prover =
        BatchProver::Create(hasher_, range, std::span(leaves).subspan(first, count));
    ASSERT_THAT(prover, IsOk());
    prover->TellNewNodes(reader.Observer());
    ASSERT_THAT(RootAt(hasher_, reader, prover->size()), IsOkAndHolds(prover->root()));
    // A few of each batch; its first and its last among them.
    for (std::size_t k = 0; k < count; k += std::max<std::size_t>(1, (count - 1) / 7)) {
      const StatusOr<std::vector<Digest>> proof = prover->Prove(k);
      ASSERT_THAT(proof, IsOk());
      ASSERT_THAT(ProveInclusion(hasher_, reader, first + k, prover->size()), IsOkAndHolds(*proof));
      ASSERT_THAT(VerifyInclusion(hasher_, leaves[first + k], first + k, prover->size(), *proof,
                                  prover->root()),
                  IsOk());
    }
    range = prover->after();
  }
  EXPECT_EQ(range, RangeOf(leaves));
}

TEST_F(BatchProverTest, TellsOfTheNodesThatAppendingWouldTell) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 90);
  FakeNodeReader appended;
  RangeOf(leaves, appended.Observer());
  FakeNodeReader told;
  const CompactRange before = RangeOf(std::span(leaves).first(13), told.Observer());
  const StatusOr<BatchProver> prover =
      BatchProver::Create(hasher_, before, std::span(leaves).subspan(13));
  ASSERT_THAT(prover, IsOk());
  const std::size_t known = told.nodes().size();
  std::size_t calls = 0;
  prover->TellNewNodes([&](const NodeId& node, const Digest& digest) {
    told.Set(node, digest);
    ++calls;
  });
  EXPECT_EQ(told.nodes(), appended.nodes());
  EXPECT_EQ(known + calls, told.nodes().size());
}

TEST_F(BatchProverTest, HashesAboutOneNodeALeaf) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 70'000);
  const CompactRange before = RangeOf(std::span(leaves).first(65'537));
  for (const std::size_t count : {1U, 2U, 100U, 2048U}) {
    hasher_.TakeCount();
    const auto prover =
        BatchProver::Create(hasher_, before, std::span(leaves).subspan(65'537, count));
    ASSERT_THAT(prover, IsOk());
    for (std::size_t k = 0; k < count; ++k) ASSERT_THAT(prover->Prove(k), IsOk());
    EXPECT_LE(hasher_.TakeCount(), count + 17);
  }
}

TEST_F(BatchProverTest, GivesTheOldTreeForAnEmptyBatch) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 11);
  for (const std::size_t size : {0U, 1U, 8U, 11U}) {
    const CompactRange before = RangeOf(std::span(leaves).first(size));
    const auto prover = BatchProver::Create(hasher_, before, {});
    ASSERT_THAT(prover, IsOk());
    EXPECT_EQ(prover->after(), before);
    EXPECT_EQ(prover->root(), before.Root(hasher_));
    EXPECT_THAT(prover->Prove(0), StatusIs(StatusCode::kInvalidArgument));
    prover->TellNewNodes([](const NodeId&, const Digest&) { FAIL() << "nothing is new"; });
  }
}

TEST_F(BatchProverTest, BoundsTheBatchAndTheOffset) {
  const std::vector<Digest> leaves = SampleLeaves(hasher_, kMaxBatchLeaves + 1);
  EXPECT_THAT(BatchProver::Create(hasher_, {}, leaves), StatusIs(StatusCode::kInvalidArgument));
  const auto prover = BatchProver::Create(hasher_, {}, std::span(leaves).first(kMaxBatchLeaves));
  ASSERT_THAT(prover, IsOk());
  EXPECT_THAT(prover->Prove(kMaxBatchLeaves - 1), IsOk());
  EXPECT_THAT(prover->Prove(kMaxBatchLeaves), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(prover->Prove(~std::size_t{0}), StatusIs(StatusCode::kInvalidArgument));
}

// No such tree can be built leaf by leaf, but a restored one may say so.
TEST_F(BatchProverTest, WorksUpToTheLargestTree) {
  const std::vector<Digest> nodes = SampleLeaves(hasher_, 63);
  const std::vector<Digest> leaves = SampleLeaves(hasher_, 4);
  constexpr std::uint64_t kSize = kMaxTreeSize - 3;
  const auto before = CompactRange::Restore(
      kSize, std::span(nodes).first(static_cast<std::size_t>(std::popcount(kSize))));
  ASSERT_THAT(before, IsOk());
  const auto prover = BatchProver::Create(hasher_, *before, std::span(leaves).first(3));
  ASSERT_THAT(prover, IsOk());
  CompactRange after = *before;
  for (std::size_t k = 0; k < 3; ++k) {
    ASSERT_THAT(after.Append(hasher_, leaves[k]), IsOk());
    const auto proof = prover->Prove(k);
    ASSERT_THAT(proof, IsOk());
    EXPECT_THAT(
        VerifyInclusion(hasher_, leaves[k], kSize + k, kMaxTreeSize, *proof, prover->root()),
        IsOk());
  }
  EXPECT_EQ(prover->after(), after);
  EXPECT_EQ(prover->root(), after.Root(hasher_));
  EXPECT_THAT(BatchProver::Create(hasher_, *before, leaves),
              StatusIs(StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace svidence::ledger
