#include "plugin/core/ledger/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/key_changes.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeClock;
using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::FakeMarkStore;
using ::svidence::testing::FakeRandom;
using ::svidence::testing::HeadOf;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::SampleIdentity;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class CountingObserver final : public CommitObserver {
 public:
  void OnCommitted(const Entry& entry) override { types.push_back(entry.type); }
  std::vector<std::string> types;
};

class OpenLedgerTest : public ::testing::Test {
 protected:
  void Fill(std::vector<StoredEntry> entries) {
    store_.Tamper([&entries](std::vector<StoredEntry>& stored) { stored = std::move(entries); });
  }
  void SetMark(const HighWaterMark& mark) { marks_.Set(FormatMark(mark)); }
  StatusOr<OpenedLedger> Open() {
    return OpenLedger({store_, marks_, hasher_, clock_, random_}, settings_, observer_);
  }
  void ExpectRefusal(StatusCode code, const char* says) {
    const StatusOr<OpenedLedger> opened = Open();
    EXPECT_THAT(opened, StatusIs(code));
    EXPECT_THAT(Message(opened.status()), HasSubstr(says));
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> good_ = OpenedChain(hasher_, 6);
  FakeLedgerStore store_;
  FakeMarkStore marks_;
  FakeClock clock_;
  FakeRandom random_;
  CountingObserver observer_;
  OpenSettings settings_{.trust_domain = "example.org", .by = "server:a", .log_key = PublicKey{7}};
};

TEST_F(OpenLedgerTest, BeginsANewLogWhereThereIsNothing) {
  const StatusOr<OpenedLedger> opened = Open();
  ASSERT_THAT(opened, IsOk());
  EXPECT_TRUE(opened->created);
  EXPECT_FALSE(opened->mark_missing);
  EXPECT_EQ(opened->identity, SampleIdentity(hasher_));
  EXPECT_EQ(opened->start.head, HeadOf(store_.All()));
  EXPECT_EQ(opened->start.last_at_millis, clock_.UnixMillis());
  EXPECT_EQ(opened->start.subjects->Last("log"), 0U);
  EXPECT_THAT(observer_.types, ::testing::ElementsAre("log.opened"));
  EXPECT_EQ(marks_.text(), std::nullopt);  // the keeper's business
}

TEST_F(OpenLedgerTest, ReadsBackTheLogThatItBegan) {
  const StatusOr<OpenedLedger> first = Open();
  const StatusOr<OpenedLedger> again = Open();
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->identity, first->identity);
  EXPECT_EQ(again->start.head, first->start.head);
}

TEST_F(OpenLedgerTest, ReplaysEveryEntry) {
  Fill(good_);
  SetMark(MarkOf(SampleIdentity(hasher_), {.size = 4, .last_leaf = good_[3].leaf}));
  const StatusOr<OpenedLedger> opened = Open();
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(observer_.types.size(), 6U);
  EXPECT_EQ(opened->start.head, HeadOf(good_));
  EXPECT_EQ(opened->start.last_at_millis, svidence::testing::kOpenedAt + 5000);
  EXPECT_EQ(opened->start.subjects->size(), 4U);
  EXPECT_FALSE(opened->mark_missing);
}

TEST_F(OpenLedgerTest, SaysThatAnOldLedgerHasNoMark) {
  Fill(good_);
  const StatusOr<OpenedLedger> opened = Open();
  ASSERT_THAT(opened, IsOk());
  EXPECT_TRUE(opened->mark_missing);
}

TEST_F(OpenLedgerTest, NeverBeginsANewLogWhereAMarkKnowsOne) {
  SetMark(MarkOf(SampleIdentity(hasher_), HeadOf(good_)));
  ExpectRefusal(StatusCode::kFailedPrecondition, "the ledger is empty, the high-water mark has");
  EXPECT_TRUE(store_.All().empty());
}

TEST_F(OpenLedgerTest, RefusesAShorterLedger) {
  SetMark(MarkOf(SampleIdentity(hasher_), HeadOf(good_)));
  good_.resize(5);
  Fill(good_);
  ExpectRefusal(StatusCode::kFailedPrecondition, "has 5 entries, the high-water mark has seen 6");
}

TEST_F(OpenLedgerTest, RefusesALedgerThatDiffersFromTheMark) {
  Fill(good_);
  SetMark(MarkOf(SampleIdentity(hasher_), {.size = 4, .last_leaf = good_[4].leaf}));
  ExpectRefusal(StatusCode::kFailedPrecondition, "was written anew");
}

TEST_F(OpenLedgerTest, RefusesTheMarkOfAnotherLog) {
  Fill(good_);
  LogIdentity other = SampleIdentity(hasher_);
  other.uuid[0] = 'f';
  SetMark(MarkOf(other, HeadOf(good_)));
  ExpectRefusal(StatusCode::kFailedPrecondition, "the high-water mark is of log f0000000");
}

TEST_F(OpenLedgerTest, RefusesAMarkThatIsNone) {
  Fill(good_);
  marks_.Set("");
  ExpectRefusal(StatusCode::kFailedPrecondition, "remove it: the test's memory");
}

TEST_F(OpenLedgerTest, RefusesTheLedgerOfAnotherTrustDomain) {
  Fill(good_);
  settings_.trust_domain = "example.com";
  ExpectRefusal(StatusCode::kFailedPrecondition,
                "is of trust domain \"example.org\", this server of \"example.com\"");
  EXPECT_TRUE(observer_.types.empty());
}

TEST_F(OpenLedgerTest, RefusesAnotherLogKey) {
  Fill(good_);
  settings_.log_key[0] = 8;
  ExpectRefusal(StatusCode::kFailedPrecondition, "put the ledger's own key back");
}

class OpenChangedLedgerTest : public OpenLedgerTest {
 protected:
  OpenChangedLedgerTest() { Fill(changes_.Chain(10, 6)); }
  StatusOr<OpenedLedger> OpenWith(std::uint8_t key) {
    settings_.log_key = changes_.Key(key).vkey().key;
    return OpenLedger({store_, marks_, hasher_, clock_, random_, &verifier_}, settings_, observer_);
  }

  openssl::OpenSslEd25519Verifier verifier_;
  svidence::testing::KeyChanges changes_{hasher_};
};

TEST_F(OpenChangedLedgerTest, GoesOnWithTheNewKey) {
  const StatusOr<OpenedLedger> opened = OpenWith(2);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->keys.current().key.vkey, changes_.Key(2).vkey());
  EXPECT_EQ(opened->identity, changes_.Identity()) << "the log is the one that it was";
}

TEST_F(OpenChangedLedgerTest, RefusesTheOldKeyAndSaysWhatHappened) {
  const StatusOr<OpenedLedger> old = OpenWith(1);
  EXPECT_THAT(old, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(old.status()), HasSubstr("since entry 6 changed it from log_key's"));
  const StatusOr<OpenedLedger> foreign = OpenWith(3);
  EXPECT_THAT(foreign, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(foreign.status()), ::testing::Not(HasSubstr("since entry")));
}

TEST_F(OpenChangedLedgerTest, AsksTheCallerWhoseKeyIsElsewhere) {
  Vkey asked;
  settings_.find_key = [&asked](const Vkey& current) {
    asked = current;
    return current.key;
  };
  EXPECT_THAT(OpenWith(3), IsOk());
  EXPECT_EQ(asked, changes_.Key(2).vkey());
  settings_.find_key = [](const Vkey&) { return Unavailable("not now"); };
  EXPECT_THAT(OpenWith(2), StatusIs(StatusCode::kUnavailable));
}

TEST_F(OpenLedgerTest, RefusesADamagedEntryByIndexAndKind) {
  good_[3].bytes[60] ^= 1;
  Fill(good_);
  ExpectRefusal(StatusCode::kDataLoss, "entry 3, leaf: ");
}

TEST_F(OpenLedgerTest, CountsANewLogWhoseFirstAnswerWasLost) {
  store_.FailOnCall(1, Unavailable("no answer"), FakeLedgerStore::Loses::kAnswer);
  EXPECT_THAT(Open(), IsOk());
  EXPECT_EQ(store_.All().size(), 1U);
}

TEST_F(OpenLedgerTest, SaysWhyANewLogCannotBegin) {
  store_.FailWith(ResourceExhausted("disk is full"));
  ExpectRefusal(StatusCode::kResourceExhausted, "first entry of a new ledger: disk is full");
  store_.FailWith(OkStatus());
  store_.FailOnCall(1, Unavailable("no answer"));
  ExpectRefusal(StatusCode::kUnavailable, "no answer");
  store_.FailReadsWith(Unavailable("no disk"));
  ExpectRefusal(StatusCode::kUnavailable, "no disk");
}

}  // namespace
}  // namespace svidence::ledger
