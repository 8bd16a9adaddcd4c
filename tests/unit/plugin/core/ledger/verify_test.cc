#include "plugin/core/ledger/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::HeadOf;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::SampleIdentity;
using ::svidence::testing::StatusIs;

// A store whose stored end can differ from its entries.
class TwoFacedStore final : public LedgerStore {
 public:
  StatusOr<Head> ReadHead() override { return heads_.size() > 1 ? TakeHead() : heads_.front(); }
  Status Append(const Head&, std::span<const StoredEntry>) override { return OkStatus(); }
  StatusOr<std::vector<StoredEntry>> Read(EntryIndex first, std::size_t max_entries,
                                          std::size_t max_bytes) override {
    return entries_.Read(first, max_entries, max_bytes);
  }

  void Set(std::vector<StoredEntry> entries, std::vector<StatusOr<Head>> heads) {
    entries_.Tamper([&entries](std::vector<StoredEntry>& stored) { stored = std::move(entries); });
    heads_ = std::move(heads);
  }

 private:
  StatusOr<Head> TakeHead() {
    StatusOr<Head> head = heads_.front();
    heads_.erase(heads_.begin());
    return head;
  }
  FakeLedgerStore entries_;
  std::vector<StatusOr<Head>> heads_;  // one after the other; the last stays
};

class VerifyLedgerTest : public ::testing::Test {
 protected:
  VerifyReport Verify(const VerifyOptions& options = {}) {
    StatusOr<VerifyReport> report = VerifyLedger(store_, hasher_, options);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *std::move(report) : VerifyReport{};
  }
  void ExpectDefect(const VerifyReport& report, EntryIndex index, DefectKind kind) const {
    ASSERT_TRUE(report.defect);
    EXPECT_EQ(report.defect->index, index) << report.defect->sentence;
    EXPECT_EQ(NameOf(report.defect->kind), NameOf(kind)) << report.defect->sentence;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> good_ = OpenedChain(hasher_, 6);
  HighWaterMark mark_ = MarkOf(SampleIdentity(hasher_), {.size = 4, .last_leaf = good_[3].leaf});
  TwoFacedStore store_;
};

TEST_F(VerifyLedgerTest, FindsNothingInAGoodLedger) {
  store_.Set(good_, {HeadOf(good_)});
  const VerifyReport report = Verify({.mark = mark_});
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.head, HeadOf(good_));
  EXPECT_EQ(report.identity, SampleIdentity(hasher_));
}

TEST_F(VerifyLedgerTest, NamesTheFirstDefectAndTheGoodPart) {
  good_[4].bytes[50] ^= 1;
  store_.Set(good_, {HeadOf(good_)});
  const VerifyReport report = Verify();
  ExpectDefect(report, 4, DefectKind::kLeaf);
  EXPECT_EQ(report.head.size, 4U);
}

TEST_F(VerifyLedgerTest, AnEmptyLedgerIsAFinding) {
  store_.Set({}, {Head{}});
  ExpectDefect(Verify(), 0, DefectKind::kOpening);
}

TEST_F(VerifyLedgerTest, FindsAStoredEndThatIsNotThatOfTheLastEntry) {
  store_.Set(good_, {Head{.size = 6, .last_leaf = {}}});
  ExpectDefect(Verify(), 5, DefectKind::kHead);
}

TEST_F(VerifyLedgerTest, FindsTheFirstDefectEvenIfTheStoredEndIsDamagedToo) {
  store_.Set(good_, {DataLoss("the head does not fit")});
  ExpectDefect(Verify(), 5, DefectKind::kHead);
  good_[2].bytes[50] ^= 1;
  store_.Set(good_, {DataLoss("the head does not fit")});
  ExpectDefect(Verify(), 2, DefectKind::kLeaf);
}

TEST_F(VerifyLedgerTest, FindsEntriesThatAreGone) {
  const Head head = HeadOf(good_);
  good_.pop_back();
  store_.Set(good_, {head});
  ExpectDefect(Verify(), 5, DefectKind::kMissing);
}

TEST_F(VerifyLedgerTest, FindsEntriesBehindTheEnd) {
  store_.Set(good_, {Head{.size = 5, .last_leaf = good_[4].leaf}});
  ExpectDefect(Verify(), 5, DefectKind::kSurplus);
}

TEST_F(VerifyLedgerTest, TakesALedgerThatGrowsMeanwhileForGood) {
  store_.Set(good_, {Head{.size = 5, .last_leaf = good_[4].leaf}, HeadOf(good_)});
  const VerifyReport report = Verify();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.head.size, 5U);
}

TEST_F(VerifyLedgerTest, FindsACutTailByTheMark) {
  good_.resize(3);
  store_.Set(good_, {HeadOf(good_)});
  EXPECT_TRUE(Verify().ok());  // the chain alone cannot see it
  ExpectDefect(Verify({.mark = mark_}), 3, DefectKind::kMark);
}

TEST_F(VerifyLedgerTest, FindsARewrittenLedgerByTheMark) {
  const LogIdentity identity = SampleIdentity(hasher_);
  std::vector<StoredEntry> rewritten = OpenedChain(hasher_, 6, identity);
  ChainWriter writer(
      hasher_,
      {.head = {}, .last_at_millis = 0, .subjects = std::make_unique<SubjectIndex>(hasher_)});
  writer.Begin();
  ASSERT_THAT(writer.Add(DraftOpened(identity, "server:a"), 0), IsOk());
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(writer.Add(svidence::testing::SampleDraft("other"), 0), IsOk());
  }
  rewritten.assign(writer.entries().begin(), writer.entries().end());
  store_.Set(rewritten, {HeadOf(rewritten)});
  EXPECT_TRUE(Verify().ok());
  ExpectDefect(Verify({.mark = mark_}), 3, DefectKind::kMark);
}

TEST_F(VerifyLedgerTest, AStoreThatCannotBeReadIsAnErrorNotAFinding) {
  store_.Set(good_, {Unavailable("no disk")});
  EXPECT_THAT(VerifyLedger(store_, hasher_, {}), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
