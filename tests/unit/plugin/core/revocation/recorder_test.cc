#include "plugin/core/revocation/recorder.h"

#include <gtest/gtest.h>

#include "plugin/core/revocation/deletions.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_revocation_ports.h"
#include "tests/support/status_matchers.h"

namespace svidence::revocation {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const SpoolRecord kBuyer = {"spiffe://example.org/agent/buyer/1", "key_compromise", "operator:abc"};
const SpoolRecord kSeller = {"spiffe://example.org/agent/seller/1", "misbehaviour", "server:a"};

class RecorderTest : public ::testing::Test {
 protected:
  registry::Registry registry_;
  svidence::testing::FakeLedger ledger_{registry_};
  svidence::testing::FakeSpool spool_;
  svidence::testing::FakeClock clock_;
  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  Recorder recorder_{{ledger_, registry_, spool_, clock_, wake_},
                     Settings{.trust_domain = "example.org", .ledger_wait_millis = 20}};
};

TEST_F(RecorderTest, RecordsAheadOfIssuancesAndTouchesNoSpool) {
  const auto outcome = recorder_.Record(kBuyer);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(outcome->recorded);
  EXPECT_FALSE(outcome->already);
  EXPECT_EQ(outcome->index, 0U);
  EXPECT_THAT(ledger_.entries(), ElementsAre("revoked spiffe://example.org/agent/buyer/1 buyer "
                                             "\"reason\":\"key_compromise\" operator:abc"));
  ASSERT_EQ(ledger_.requests().size(), 1U);
  EXPECT_TRUE(ledger_.requests()[0].urgent);
  EXPECT_TRUE(ledger_.requests()[0].ends_batch);
  EXPECT_EQ(ledger_.requests()[0].deadline_millis, clock_.MonotonicMillis() + 20);
  EXPECT_EQ(spool_.saves, 0);
  EXPECT_EQ(recorder_.pending(), 0U);
  EXPECT_EQ(recorder_.RunDue(), kNever);
}

TEST_F(RecorderTest, DeniesNothingThatMakesNoEntry) {
  for (const SpoolRecord& bad : {SpoolRecord{kBuyer.spiffe_id, "because I say so", kBuyer.by},
                                 SpoolRecord{kBuyer.spiffe_id, kBuyer.reason, "alice@example.org"},
                                 SpoolRecord{"spiffe://", kBuyer.reason, kBuyer.by}}) {
    EXPECT_THAT(recorder_.Record(bad), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(registry_.ListRevoked(), IsEmpty());
}

TEST_F(RecorderTest, AnUnwritableLedgerLeavesItInForceAndSpooled) {
  ledger_.FailWith(ResourceExhausted("disk full"));
  const auto outcome = recorder_.Record(kBuyer);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_FALSE(outcome->recorded);
  EXPECT_EQ(outcome->index, std::nullopt);
  EXPECT_EQ(outcome->ledger_trouble, "disk full");
  EXPECT_EQ(outcome->spool_trouble, "");
  EXPECT_TRUE(registry_.IsRevoked(kBuyer.spiffe_id));
  EXPECT_THAT(spool_.records, ElementsAre(kBuyer));
  EXPECT_EQ(recorder_.trouble(), "disk full");
}

TEST_F(RecorderTest, SaysThatARestartWouldForgetItWhenTheSpoolFailsToo) {
  ledger_.FailWith(ResourceExhausted("disk full"));
  spool_.save_error = Unavailable("read-only file system");
  const auto outcome = recorder_.Record(kBuyer);
  EXPECT_EQ(outcome->spool_trouble, "read-only file system");
  EXPECT_TRUE(registry_.IsRevoked(kBuyer.spiffe_id));
}

TEST_F(RecorderTest, AppendsLaterWithGrowingPausesAndThenClearsTheSpool) {
  ledger_.FailWith(Unavailable("no disk"));
  ASSERT_THAT(recorder_.Record(kBuyer), IsOk());
  for (const std::int64_t wait : {500, 500, 1000, 2000}) {
    EXPECT_EQ(recorder_.RunDue() - clock_.MonotonicMillis(), wait);
    clock_.Advance(wait);
  }
  ledger_.FailWith(OkStatus());
  EXPECT_EQ(recorder_.RunDue(), kNever);
  EXPECT_EQ(registry_.RevokedIn(kBuyer.spiffe_id), 0U);
  EXPECT_THAT(spool_.records, IsEmpty());
  EXPECT_EQ(recorder_.trouble(), "");
}

TEST_F(RecorderTest, KeepsTheOthersInTheSpoolWhenOneIsRecorded) {
  ledger_.FailWith(Unavailable("no disk"));
  ASSERT_THAT(recorder_.Record(kBuyer), IsOk());
  ASSERT_THAT(recorder_.Record(kSeller), IsOk());
  EXPECT_THAT(spool_.records, ElementsAre(kBuyer, kSeller));
  ledger_.FailWith(OkStatus());
  const auto outcome = recorder_.Record(kBuyer);
  EXPECT_TRUE(outcome->already);
  EXPECT_TRUE(outcome->recorded);
  EXPECT_THAT(spool_.records, ElementsAre(kSeller));
}

TEST_F(RecorderTest, TheFirstReasonStandsWhenARevocationIsRepeated) {
  ledger_.FailWith(Unavailable("no disk"));
  ASSERT_THAT(recorder_.Record(kBuyer), IsOk());
  ledger_.FailWith(OkStatus());
  ASSERT_THAT(recorder_.Record({kBuyer.spiffe_id, "superseded", "server:a"}), IsOk());
  EXPECT_THAT(ledger_.entries(), ElementsAre(HasSubstr("key_compromise")));
}

TEST_F(RecorderTest, ALedgerThatHangsIsNotWaitedForAndItsLateAnswerCounts) {
  ledger_.Hold();
  const auto outcome = recorder_.Record(kBuyer);
  EXPECT_FALSE(outcome->recorded);
  EXPECT_EQ(outcome->ledger_trouble, "the ledger has not answered within 20 ms");
  EXPECT_TRUE(registry_.IsRevoked(kBuyer.spiffe_id));
  EXPECT_THAT(spool_.records, ElementsAre(kBuyer));

  clock_.Advance(100000);
  EXPECT_EQ(recorder_.RunDue(), kNever) << "nothing is sent while the first is under way";
  EXPECT_EQ(ledger_.requests().size(), 1U);

  ledger_.Release();
  EXPECT_EQ(recorder_.RunDue(), kNever);
  EXPECT_THAT(spool_.records, IsEmpty());
  EXPECT_EQ(recorder_.pending(), 0U);
}

TEST_F(RecorderTest, NeverWritesASecondEntryForWhatIsRecorded) {
  ledger_.Hold();
  ASSERT_THAT(recorder_.Record(kBuyer), IsOk());
  // The entry came to be although its request was answered with an error.
  ledger::Entry entry;
  entry.type = "revoked";
  entry.subject = kBuyer.spiffe_id;
  entry.place.index = 7;
  registry_.OnCommitted(entry);
  ledger_.Release();
  EXPECT_EQ(recorder_.RunDue(), kNever);
  EXPECT_THAT(ledger_.entries(), IsEmpty());
  EXPECT_THAT(spool_.records, IsEmpty());
}

TEST_F(RecorderTest, DeniesAtStartWhatTheSpoolHoldsAndRecordsIt) {
  spool_.records = {kBuyer};
  ASSERT_THAT(recorder_.Load(), IsOk());
  EXPECT_TRUE(registry_.IsRevoked(kBuyer.spiffe_id));
  EXPECT_THAT(ledger_.entries(), IsEmpty()) << "not before the worker runs";
  EXPECT_EQ(recorder_.RunDue(), kNever);
  EXPECT_THAT(ledger_.entries(), ElementsAre(HasSubstr("key_compromise")));
  EXPECT_THAT(spool_.records, IsEmpty());
}

TEST_F(RecorderTest, DropsFromTheSpoolWhatTheLedgerHasAlready) {
  ASSERT_THAT(recorder_.Record(kBuyer), IsOk());
  spool_.records = {kBuyer, kSeller};
  ASSERT_THAT(recorder_.Load(), IsOk());
  EXPECT_THAT(spool_.records, ElementsAre(kSeller));
}

TEST_F(RecorderTest, RefusesToStartOnASpoolThatDoesNotVerify) {
  spool_.load_error = DataLoss("torn");
  EXPECT_THAT(recorder_.Load(), StatusIs(StatusCode::kDataLoss));
  spool_.load_error = OkStatus();
  spool_.records = {{"not an ID", "unspecified", "server:a"}};
  EXPECT_THAT(recorder_.Load(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(RecorderTest, AnAnswerAfterItsEndHarmsNobody) {
  ledger_.Hold();
  {
    Recorder shorter({ledger_, registry_, spool_, clock_, wake_},
                     Settings{.trust_domain = "example.org", .ledger_wait_millis = 1});
    ASSERT_THAT(shorter.Record(kBuyer), IsOk());
  }
  ledger_.Release();
  EXPECT_EQ(registry_.RevokedIn(kBuyer.spiffe_id), 0U);
}

TEST(AppendAndWaitTest, GivesTheIndexTheErrorOrTheSilence) {
  registry::Registry registry;
  svidence::testing::FakeLedger ledger(registry);
  svidence::testing::FakeClock clock;
  const auto make = []() -> StatusOr<ledger::EntryDraft> {
    return ledger::EntryDraft{"alert.raised", "server:a", "log", "", ""};
  };
  EXPECT_EQ(*AppendAndWait(ledger, clock, make, 20, Urgency::kInTurn), 0U);
  ledger.FailWith(Unavailable("no disk"));
  EXPECT_THAT(AppendAndWait(ledger, clock, make, 20, Urgency::kInTurn),
              StatusIs(StatusCode::kUnavailable));
  ledger.Hold();
  EXPECT_THAT(AppendAndWait(ledger, clock, make, 20, Urgency::kInTurn),
              StatusIs(StatusCode::kDeadlineExceeded));
  ledger.Release();
  EXPECT_FALSE(ledger.requests().front().urgent);
  EXPECT_TRUE(ledger.requests().front().ends_batch);
}

}  // namespace
}  // namespace svidence::revocation
