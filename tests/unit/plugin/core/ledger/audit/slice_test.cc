#include "plugin/core/ledger/audit/slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::RootOf;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::Untouched;

class SliceTest : public ::testing::Test {
 protected:
  SliceResult Check(const TamperedLedger& ledger, const SliceTask& task) {
    StoreSource source = SourceOf(ledger);
    const std::unique_ptr<EntryReader> reader = *source.OpenReader();
    StatusOr<SliceResult> result = CheckSlice(task, *reader, hasher_);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *std::move(result) : SliceResult{};
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> good_ = OpenedChain(hasher_, 12);
};

TEST_F(SliceTest, SaysWhatJoinsItToItsNeighbours) {
  const std::vector<EntryIndex> wanted = {1, 4, 6, 8};
  const SliceResult slice = Check(
      Untouched(good_), {.first = 4, .end = 8, .size = 12, .wanted = wanted, .wanted_leaf = 5});
  EXPECT_FALSE(slice.defect);
  EXPECT_EQ(slice.good, 4U);
  EXPECT_TRUE(slice.placed);
  EXPECT_EQ(slice.place.prev, good_[3].leaf);
  EXPECT_EQ(slice.last_leaf, good_[7].leaf);
  EXPECT_EQ(slice.tree.Root(hasher_), RootOf(hasher_, {good_.begin() + 4, good_.begin() + 8}));
  ASSERT_EQ(slice.wanted.size(), 2U);
  EXPECT_EQ(slice.wanted[0].size, 6U);
  EXPECT_EQ(slice.wanted[0].tree.Root(hasher_),
            RootOf(hasher_, {good_.begin() + 4, good_.begin() + 6}));
  EXPECT_EQ(slice.wanted[1].size, 8U);
  EXPECT_EQ(slice.wanted_leaf, good_[5].leaf);
  ASSERT_EQ(slice.subjects.spans().size(), 3U);  // the fourth entry is on the first's subject
  EXPECT_EQ(slice.subjects.spans()[0].before, 1U);
  EXPECT_EQ(slice.subjects.spans()[0].last, 7U);
}

TEST_F(SliceTest, StopsAtItsFirstDefectAndKeepsWhatWasGood) {
  good_[6].leaf[0] ^= 1;
  const SliceResult slice = Check(Untouched(good_), {.first = 4, .end = 8, .size = 12});
  EXPECT_EQ(slice.good, 2U);
  ASSERT_TRUE(slice.defect);
  EXPECT_EQ(slice.defect->index, 6U);
  EXPECT_EQ(slice.last_leaf, good_[5].leaf);
}

TEST_F(SliceTest, IsNotPlacedUnlessItsFirstEntryIsOne) {
  good_[4].bytes = "{}";
  good_[4].leaf = LeafHash(hasher_, good_[4].bytes);
  const SliceResult slice = Check(Untouched(good_), {.first = 4, .end = 8, .size = 12});
  EXPECT_FALSE(slice.placed);
  EXPECT_EQ(slice.good, 0U);
}

// A source that breaks its contract.
class BadReader final : public EntryReader {
 public:
  explicit BadReader(EntryBlock block) : block_(std::move(block)) {}
  Status Read(EntryIndex, std::size_t, EntryBlock& block) override {
    block = block_;
    return OkStatus();
  }

 private:
  EntryBlock block_;
};

TEST_F(SliceTest, ASourceThatGivesWhatNobodyAskedForIsAnError) {
  const SliceTask task{.first = 0, .end = 1, .size = 1};
  BadReader many({.entries = {good_[0].bytes, good_[1].bytes}});
  EXPECT_THAT(CheckSlice(task, many, hasher_), StatusIs(StatusCode::kInternal));
  BadReader odd({.entries = {good_[0].bytes}, .leaves = {good_[0].leaf, good_[0].leaf}});
  EXPECT_THAT(CheckSlice(task, odd, hasher_), StatusIs(StatusCode::kInternal));
}

}  // namespace
}  // namespace svidence::ledger
