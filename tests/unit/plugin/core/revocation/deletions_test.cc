#include "plugin/core/revocation/deletions.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_entry_directory.h"
#include "tests/support/status_matchers.h"

namespace svidence::revocation {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DeletionsTest : public ::testing::Test {
 protected:
  void Add(const std::string& entry, const SpiffeId& id) {
    entries_.Add(
        {.id = entry, .spiffe_id = id.text(), .parent_id = {}, .selectors = {}, .hint = {}});
  }
  // Runs until nothing is due now.
  std::int64_t Run() {
    std::int64_t next = deletions_.RunDue();
    while (next <= clock_.MonotonicMillis()) next = deletions_.RunDue();
    return next;
  }

  const SpiffeId buyer_ = *SpiffeId::Parse("spiffe://example.org/agent/buyer/1");
  const SpiffeId seller_ = *SpiffeId::Parse("spiffe://example.org/agent/seller/1");
  svidence::testing::FakeEntryDirectory entries_;
  svidence::testing::FakeClock clock_;
  Deletions deletions_{entries_, clock_, Settings{.trust_domain = "example.org"}};
};

TEST_F(DeletionsTest, DeletesEveryEntryOfThePlannedIdAndNoOther) {
  Add("e1", buyer_);
  Add("e2", buyer_);
  Add("e3", seller_);
  deletions_.Plan(buyer_);
  EXPECT_EQ(Run(), kNever);
  EXPECT_THAT(entries_.Ids(), ElementsAre("e3"));
  const Deletion result = deletions_.Wait(buyer_, 0);
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.deleted, 2U);
  EXPECT_EQ(result.trouble, "");
  EXPECT_EQ(deletions_.pending(), 0U);
}

TEST_F(DeletionsTest, IsDoneAtOnceWhereThereIsNothing) {
  deletions_.Plan(buyer_);
  Run();
  EXPECT_TRUE(deletions_.Wait(buyer_, 0).done);
}

TEST_F(DeletionsTest, GoesOnWhenAnIdHasMoreEntriesThanOneRoundTakes) {
  for (std::size_t i = 0; i < kMaxEntriesPerRound + 1; ++i) Add("e" + std::to_string(i), buyer_);
  deletions_.Plan(buyer_);
  Run();
  EXPECT_EQ(deletions_.Wait(buyer_, 0).deleted, kMaxEntriesPerRound + 1);
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

TEST_F(DeletionsTest, WaitsLongerAndLongerForASpireThatIsSilentAndNeverGivesUp) {
  Add("e1", buyer_);
  entries_.FailWith(Unavailable("down"));
  deletions_.Plan(buyer_);
  std::int64_t before = 0;
  for (const std::int64_t wait : {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000}) {
    before = clock_.MonotonicMillis();
    EXPECT_EQ(Run() - before, wait);
    clock_.Advance(wait);
  }
  EXPECT_EQ(deletions_.pending(), 1U);
  EXPECT_EQ(deletions_.trouble(), "down");
  entries_.FailWith(OkStatus());
  Run();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
  EXPECT_EQ(deletions_.trouble(), "");
}

TEST_F(DeletionsTest, AsksASilentSpireForOneIdOnly) {
  entries_.FailWith(Unavailable("down"));
  deletions_.Plan(buyer_);
  deletions_.Plan(seller_);
  Run();
  EXPECT_EQ(entries_.calls(), 1);
}

TEST_F(DeletionsTest, AnEntryThatIsStuckDoesNotHoldUpOtherIds) {
  Add("e1", buyer_);
  Add("e2", seller_);
  entries_.RefuseToDelete("e1");
  deletions_.Plan(buyer_);
  deletions_.Plan(seller_);
  Run();
  EXPECT_THAT(entries_.Ids(), ElementsAre("e1"));
  EXPECT_FALSE(deletions_.Wait(buyer_, 0).done);
  EXPECT_THAT(deletions_.Wait(buyer_, 0).trouble, HasSubstr("stuck"));
  EXPECT_TRUE(deletions_.Wait(seller_, 0).done);
}

TEST_F(DeletionsTest, NeverDeletesAnEntryOfAnotherId) {
  Add("e1", seller_);
  entries_.AnswerListWith({{"e1", seller_.text(), {}, {}, {}}});
  deletions_.Plan(buyer_);
  Run();
  EXPECT_THAT(entries_.Ids(), ElementsAre("e1"));
  EXPECT_THAT(deletions_.Wait(buyer_, 0).trouble, HasSubstr("seller"));
}

TEST_F(DeletionsTest, GivesUpTheRoundWhenEntriesNeverEnd) {
  entries_.AnswerListWith({{"e1", buyer_.text(), {}, {}, {}}});
  deletions_.Plan(buyer_);
  Run();
  EXPECT_EQ(entries_.calls(), 2 * kMaxRounds);
  EXPECT_FALSE(deletions_.Wait(buyer_, 0).done);
}

TEST_F(DeletionsTest, PlanningAnewAsksASilentSpireAtOnce) {
  entries_.FailWith(Unavailable("down"));
  deletions_.Plan(buyer_);
  Run();
  deletions_.Plan(seller_);
  Run();
  EXPECT_EQ(entries_.calls(), 2);
}

TEST_F(DeletionsTest, LeavesAPausedIdAloneUntilItIsResumed) {
  Add("e1", buyer_);
  deletions_.Plan(buyer_);
  ASSERT_THAT(deletions_.Pause(buyer_, 0), IsOk());
  EXPECT_EQ(Run(), kNever);
  EXPECT_THAT(entries_.Ids(), ElementsAre("e1"));
  deletions_.Resume(buyer_);
  Run();
  EXPECT_THAT(entries_.Ids(), IsEmpty());
}

TEST_F(DeletionsTest, ForgetsACancelledId) {
  Add("e1", buyer_);
  deletions_.Plan(buyer_);
  deletions_.Cancel(buyer_);
  EXPECT_EQ(Run(), kNever);
  EXPECT_THAT(entries_.Ids(), ElementsAre("e1"));
  EXPECT_THAT(deletions_.Pause(buyer_, 0), IsOk());
}

TEST_F(DeletionsTest, TellsNothingMoreOfADeletionAMinuteAfterItIsDone) {
  deletions_.Plan(buyer_);
  Run();
  clock_.Advance(60000);
  Run();
  EXPECT_FALSE(deletions_.Wait(buyer_, 0).done);
}

TEST_F(DeletionsTest, WaitEndsAfterItsTimeWhenNobodyTries) {
  deletions_.Plan(buyer_);
  EXPECT_FALSE(deletions_.Wait(buyer_, 1).done);
}

// Holds the calls until it is let go, so that a test can act in between.
class SlowDirectory final : public EntryDirectory {
 public:
  StatusOr<std::vector<SpireEntry>> List(const SpiffeId& /*id*/, std::size_t /*max*/) override {
    std::unique_lock lock(mutex_);
    is_entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_free_; });
    ++lists_;
    return std::vector<SpireEntry>{};
  }
  Status Delete(std::span<const std::string> /*ids*/) override { return OkStatus(); }
  void WaitUntilEntered() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_entered_; });
  }
  void LetGo() {
    const std::scoped_lock lock(mutex_);
    is_free_ = true;
    changed_.notify_all();
  }
  int lists() {
    const std::scoped_lock lock(mutex_);
    return lists_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_entered_ = false;
  bool is_free_ = false;
  int lists_ = 0;
};

class SlowDeletionsTest : public ::testing::Test {
 protected:
  const SpiffeId buyer_ = *SpiffeId::Parse("spiffe://example.org/agent/buyer/1");
  SlowDirectory entries_;
  svidence::testing::FakeClock clock_;
  Deletions deletions_{entries_, clock_, Settings{}};
};

TEST_F(SlowDeletionsTest, PauseFailsWhileATryRuns) {
  deletions_.Plan(buyer_);
  std::jthread worker([this] { deletions_.RunDue(); });
  entries_.WaitUntilEntered();
  EXPECT_THAT(deletions_.Pause(buyer_, 1), StatusIs(StatusCode::kFailedPrecondition));
  entries_.LetGo();
  worker.join();
  EXPECT_THAT(deletions_.Pause(buyer_, 0), IsOk());
}

TEST_F(SlowDeletionsTest, PlannedWhileATryRunsItIsTriedOnceMore) {
  deletions_.Plan(buyer_);
  std::jthread worker([this] { deletions_.RunDue(); });
  entries_.WaitUntilEntered();
  deletions_.Plan(buyer_);
  entries_.LetGo();
  worker.join();
  deletions_.RunDue();
  EXPECT_EQ(entries_.lists(), 2);
  EXPECT_TRUE(deletions_.Wait(buyer_, 0).done);
}

TEST_F(SlowDeletionsTest, CancelledWhileATryRunsItStaysForgotten) {
  deletions_.Plan(buyer_);
  std::jthread worker([this] { deletions_.RunDue(); });
  entries_.WaitUntilEntered();
  deletions_.Cancel(buyer_);
  entries_.LetGo();
  worker.join();
  EXPECT_EQ(deletions_.pending(), 0U);
  EXPECT_FALSE(deletions_.Wait(buyer_, 0).done);
}

TEST_F(SlowDeletionsTest, WaitReturnsAsSoonAsTheTryIsOver) {
  deletions_.Plan(buyer_);
  entries_.LetGo();
  std::jthread worker([this] { deletions_.RunDue(); });
  EXPECT_TRUE(deletions_.Wait(buyer_, 30000).done);
}

}  // namespace
}  // namespace svidence::revocation
