#include "plugin/core/revocation/revocations.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_entry_directory.h"
#include "tests/support/fake_revocation_ports.h"
#include "tests/support/status_matchers.h"

namespace svidence::revocation {
namespace {

using svidence::testing::IsOk;
using svidence::testing::IsOkAndHolds;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RevocationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Open();
    ASSERT_THAT(opened, IsOk());
    revocations_ = *std::move(opened);
  }
  StatusOr<std::unique_ptr<Revocations>> Open(std::int64_t ledger_wait_millis = 20) {
    return Revocations::Open(
        {ledger_, registry_, entries_, spool_, clock_},
        {.trust_domain = "example.org", .ledger_wait_millis = ledger_wait_millis});
  }
  void AddEntry(const std::string& entry, const SpiffeId& id) {
    entries_.Add(
        {.id = entry, .spiffe_id = id.text(), .parent_id = {}, .selectors = {}, .hint = {}});
  }
  static Order OrderOf(const SpiffeId& id) { return {id, "misbehaviour", "operator:abc"}; }

  const SpiffeId buyer_ = *SpiffeId::Parse("spiffe://example.org/agent/buyer/1");
  registry::Registry registry_;
  svidence::testing::FakeLedger ledger_{registry_};
  svidence::testing::FakeEntryDirectory entries_;
  svidence::testing::FakeSpool spool_;
  svidence::testing::FakeClock clock_;
  std::unique_ptr<Revocations> revocations_;
};

TEST_F(RevocationsTest, RecordsThenDeniesThenDeletes) {
  AddEntry("e1", buyer_);
  const auto outcome = revocations_->Revoke(OrderOf(buyer_));
  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(outcome->recorded);
  EXPECT_TRUE(registry_.IsRevoked(buyer_.text()));
  EXPECT_THAT(entries_.Ids(), ElementsAre("e1")) << "SPIRE is asked by the worker";
  EXPECT_EQ(revocations_->GetStats().pending_deletions, 1U);
  revocations_->RunDue();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
  EXPECT_TRUE(revocations_->WaitForDeletion(buyer_, 0).done);
}

TEST_F(RevocationsTest, DeletesEvenWhenTheLedgerCannotBeWritten) {
  AddEntry("e1", buyer_);
  ledger_.FailWith(ResourceExhausted("disk full"));
  EXPECT_FALSE(revocations_->Revoke(OrderOf(buyer_))->recorded);
  revocations_->RunDue();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
  EXPECT_EQ(revocations_->GetStats().unrecorded, 1U);
  EXPECT_EQ(revocations_->GetStats().ledger_trouble, "disk full");
}

TEST_F(RevocationsTest, ASecondRevocationRecordsNothingButDeletesAgain) {
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  revocations_->RunDue();
  AddEntry("e2", buyer_);
  const auto outcome = revocations_->Revoke(OrderOf(buyer_));
  EXPECT_TRUE(outcome->already);
  EXPECT_TRUE(outcome->recorded);
  EXPECT_EQ(outcome->index, 0U);
  EXPECT_EQ(ledger_.entries().size(), 1U);
  revocations_->RunDue();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

struct RefusedId {
  const char* name;
  const char* id;
  const char* message;
};

class RevocationsRefusalTest : public RevocationsTest,
                               public ::testing::WithParamInterface<RefusedId> {};

TEST_P(RevocationsRefusalTest, RefusesWhatIsNoAgentOfThisTrustDomain) {
  const SpiffeId id = *SpiffeId::Parse(GetParam().id);
  for (const Status& status :
       {revocations_->Revoke(OrderOf(id)).status(), revocations_->Restore(OrderOf(id)).status(),
        revocations_->Preview(id).status(), revocations_->Check(id)}) {
    EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(Message(status), HasSubstr(GetParam().message));
  }
  EXPECT_THAT(registry_.ListRevoked(), IsEmpty());
  EXPECT_EQ(entries_.calls(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Ids, RevocationsRefusalTest,
    ::testing::Values(RefusedId{"OtherTrustDomain", "spiffe://other.org/agent/buyer/1",
                                "\"example.org\""},
                      RefusedId{"SpireItself", "spiffe://example.org/spire/server", "\"/agent\""},
                      RefusedId{"Prefix", "spiffe://example.org/agent", "\"/agent\""},
                      RefusedId{"PrefixOfAName", "spiffe://example.org/agents/buyer", "\"/agent\""},
                      RefusedId{"TrustDomain", "spiffe://example.org", "\"/agent\""}),
    [](const auto& test) { return test.param.name; });

TEST_F(RevocationsTest, RefusesAReasonThatIsNoCode) {
  EXPECT_THAT(revocations_->Revoke({buyer_, "he left the company", "server:a"}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_FALSE(registry_.IsRevoked(buyer_.text()));
}

TEST_F(RevocationsTest, RestoresWithAnEntryAndStopsDeleting) {
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  EXPECT_THAT(revocations_->Restore(OrderOf(buyer_)), IsOkAndHolds(1U));
  EXPECT_FALSE(registry_.IsRevoked(buyer_.text()));
  EXPECT_THAT(ledger_.entries().back(), ::testing::StartsWith("restored spiffe://"));
  AddEntry("new", buyer_);
  revocations_->RunDue();
  EXPECT_THAT(entries_.Ids(), ElementsAre("new"));
}

TEST_F(RevocationsTest, WhatIsNotRevokedCannotBeRestored) {
  EXPECT_THAT(revocations_->Restore(OrderOf(buyer_)), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(RevocationsTest, WhatCannotBeRecordedIsNotRestoredAndIsStillDeleted) {
  AddEntry("e1", buyer_);
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  ledger_.FailWith(Unavailable("no disk"));
  EXPECT_THAT(revocations_->Restore(OrderOf(buyer_)), StatusIs(StatusCode::kUnavailable));
  EXPECT_TRUE(registry_.IsRevoked(buyer_.text()));
  revocations_->RunDue();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

TEST_F(RevocationsTest, ARestoreRecordsTheRevocationFirst) {
  ledger_.FailWith(Unavailable("no disk"));
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  EXPECT_THAT(revocations_->Restore(OrderOf(buyer_)), StatusIs(StatusCode::kUnavailable));
  ledger_.FailWith(OkStatus());
  EXPECT_THAT(revocations_->Restore(OrderOf(buyer_)), IsOkAndHolds(1U));
  EXPECT_THAT(ledger_.entries(),
              ElementsAre(::testing::StartsWith("revoked "), ::testing::StartsWith("restored ")));
  EXPECT_THAT(spool_.records, IsEmpty());
}

TEST_F(RevocationsTest, OneChangeOfAnIdentityAtATime) {
  const auto patient = Open(30000);
  ledger_.Hold();
  std::jthread first([&] { EXPECT_THAT((*patient)->Revoke(OrderOf(buyer_)), IsOk()); });
  while (ledger_.requests().empty()) std::this_thread::yield();
  EXPECT_THAT((*patient)->Revoke(OrderOf(buyer_)), StatusIs(StatusCode::kFailedPrecondition));
  ledger_.Release();
  first.join();
  EXPECT_EQ(ledger_.entries().size(), 1U);
}

TEST_F(RevocationsTest, FinishesAfterARestartWhatAnEarlierRunLeft) {
  AddEntry("e1", buyer_);
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  revocations_.reset();
  auto again = Open();
  ASSERT_THAT(again, IsOk());
  (*again)->RunDue();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

TEST_F(RevocationsTest, DoesNotStartOnADamagedSpool) {
  spool_.load_error = DataLoss("torn");
  EXPECT_THAT(Open(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(RevocationsTest, PreviewShowsTheEntriesAndChangesNothing) {
  AddEntry("e1", buyer_);
  const auto entries = revocations_->Preview(buyer_);
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ(entries->size(), 1U);
  EXPECT_FALSE(registry_.IsRevoked(buyer_.text()));
  entries_.FailWith(Unavailable("down"));
  EXPECT_THAT(revocations_->Preview(buyer_), StatusIs(StatusCode::kUnavailable));
}

TEST_F(RevocationsTest, TheWorkerIsWokenByARevocationAndEndsWhenTold) {
  std::jthread worker([this](const std::stop_token& stop) { revocations_->Work(stop); });
  AddEntry("e1", buyer_);
  ASSERT_THAT(revocations_->Revoke(OrderOf(buyer_)), IsOk());
  EXPECT_TRUE(revocations_->WaitForDeletion(buyer_, 30000).done);
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

}  // namespace
}  // namespace svidence::revocation
