#include "plugin/core/admin/erasure.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/verify.h"
#include "tests/support/admin_harness.h"
#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using ::svidence::testing::Admin;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::Reader;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAlice = "alice@example.org";

class EraseSponsorTest : public ::testing::Test {
 protected:
  EraseSponsorTest() {
    EXPECT_THAT(Backend().RegisterAgent(Admin(), OfAlice("buyer")), IsOk());
    ref_ = Show().info.agent.sponsor->ref;
  }
  static Registration OfAlice(const std::string& name) {
    Registration wanted;
    wanted.name = name;
    wanted.scope = 3;
    wanted.sponsor = kAlice;
    return wanted;
  }
  LocalBackend Backend() { return harness_.Backend(); }
  AgentDetail Show(const Caller& caller = Admin()) { return *Backend().GetAgent(caller, "buyer"); }
  StatusOr<Erased> Erase(Erasure erasure, const Caller& caller = Admin()) {
    if (erasure.reason.empty()) erasure.reason = "request";
    return Backend().EraseSponsor(caller, erasure);
  }
  std::size_t Size() const { return harness_.store.All().size(); }

  svidence::testing::AdminHarness harness_;
  std::string ref_;
};

TEST_F(EraseSponsorTest, AnAgentsSponsorIsErasedOnlyIfWithdrawn) {
  const std::size_t before = Size();
  const StatusOr<Erased> refused = Erase({.ref = ref_});
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(refused.status()), HasSubstr("\"buyer\""));
  EXPECT_EQ(Size(), before);
  EXPECT_THAT(harness_.sponsors.PersonOf(ref_), IsOkAndHolds(kAlice));

  const StatusOr<Erased> erased = Erase({.ref = ref_, .withdraw = true});
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->ref, ref_);
  EXPECT_THAT(erased->withdrawn, ElementsAre("buyer"));
  EXPECT_EQ(erased->trouble, "");
  EXPECT_THAT(harness_.sponsors.PersonOf(ref_), StatusIs(StatusCode::kNotFound));
  EXPECT_FALSE(Show().info.agent.sponsor);
  EXPECT_EQ(Show().info.agent.trust.score, 0);
  EXPECT_EQ(Show().info.agent.trust.rule.floor, 0);
}

TEST_F(EraseSponsorTest, TheEntrySaysWhatIsGoneAndWhyAndNobodysName) {
  ASSERT_THAT(Erase({.person = kAlice, .withdraw = true}), IsOk());
  const ledger::Entry entry = harness_.Last();
  EXPECT_EQ(entry.type, "erased");
  EXPECT_EQ(entry.subject, "sponsor:" + ref_);
  EXPECT_EQ(entry.members, "\"fields\":[\"person\"],\"reason\":\"request\"");
  for (const ledger::StoredEntry& stored : harness_.store.All()) {
    EXPECT_THAT(stored.bytes, Not(HasSubstr("alice@")));
  }
  const StatusOr<VerifyReport> report =
      Backend().Verify([](std::uint64_t, std::uint64_t) { return OkStatus(); });
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->intact) << report->reason;
}

TEST_F(EraseSponsorTest, ThePersonGetsAnotherPseudonymFromThenOn) {
  ASSERT_THAT(Erase({.person = kAlice, .withdraw = true}), IsOk());
  EXPECT_THAT(Erase({.person = kAlice}), StatusIs(StatusCode::kNotFound));
  ASSERT_THAT(Backend().RegisterAgent(Admin(), OfAlice("seller")), IsOk());
  EXPECT_NE(Backend().GetAgent(Admin(), "seller")->info.agent.sponsor->ref, ref_);
}

TEST_F(EraseSponsorTest, AskedAgainItIsTheSameEntry) {
  const ledger::EntryIndex first = Erase({.ref = ref_, .withdraw = true})->index;
  const StatusOr<Erased> again = Erase({.ref = ref_});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->already);
  EXPECT_EQ(again->index, first);
}

TEST_F(EraseSponsorTest, WhomACrashLeftOrAnOldCopyBroughtBackIsErasedByTheNextStart) {
  ASSERT_THAT(Erase({.ref = ref_, .withdraw = true}), IsOk());
  svidence::testing::FakeSponsorDirectory old_copy;
  ASSERT_THAT(old_copy.RefOf(kAlice), IsOkAndHolds(ref_)) << "as it was before the erasure";
  ASSERT_THAT(EraseRecorded(harness_.registry, old_copy), IsOk());
  EXPECT_THAT(old_copy.PersonOf(ref_), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(EraseRecorded(harness_.registry, old_copy), IsOk()) << "and once more";
  old_copy.FailWith(Unavailable("locked"));
  EXPECT_THAT(EraseRecorded(harness_.registry, old_copy), StatusIs(StatusCode::kUnavailable));
}

TEST_F(EraseSponsorTest, ALedgerThatCannotBeWrittenKeepsThePerson) {
  harness_.store.FailWith(ResourceExhausted("disk full"));
  EXPECT_FALSE(Erase({.ref = ref_, .withdraw = true}).ok());
  EXPECT_THAT(harness_.sponsors.PersonOf(ref_), IsOkAndHolds(kAlice));
}

TEST_F(EraseSponsorTest, RefusesWhatIsNoErasure) {
  EXPECT_THAT(Erase({.ref = ref_}, Reader()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Erase({.ref = "nobody"}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Erase({.person = "nobody"}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Erase({}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Erase({.ref = ref_, .person = kAlice}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Erase({.ref = ref_, .reason = "because", .withdraw = true}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_TRUE(Show().info.agent.sponsor) << "nothing was withdrawn on the way";
}

}  // namespace
}  // namespace svidence::admin
