#include "plugin/core/ledger/index/index_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/index/index_entry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/index_samples.h"

namespace svidence::ledger {
namespace {

constexpr std::int64_t kHour = 3'600'000;

class IndexFollowerTest : public ::testing::Test {
 protected:
  void Keep(const std::vector<StoredEntry>& entries) {
    ASSERT_TRUE(store.Append(*store.ReadHead(), entries).ok());
  }
  IndexFollower Follower() {
    return {store, hasher, clock, {.by = "server:a", .interval_millis = kHour}};
  }
  static void FollowAll(IndexFollower& follower, EntryIndex end) {
    for (bool there = false; !there;) {
      const StatusOr<bool> followed = follower.Follow(end);
      ASSERT_TRUE(followed.ok()) << followed.status();
      there = *followed;
    }
  }

  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  testing::FakeLedgerStore store;
  testing::FakeClock clock;
};

TEST_F(IndexFollowerTest, NamesTheIndexOfWhatItHasFolded) {
  const auto entries = testing::SubjectChain(hasher, 2500, 11);
  Keep(entries);
  IndexFollower follower = Follower();
  EXPECT_FALSE(*follower.Follow(2500)) << "a slice at a time";
  FollowAll(follower, 2500);
  const std::optional<EntryDraft> draft = *follower.Due();
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(draft->members,
            DraftIndexBuilt(*testing::TableOf(hasher, entries).Root(), "server:a").members);
}

TEST_F(IndexFollowerTest, StopsAtTheEndItIsGiven) {
  Keep(testing::SubjectChain(hasher, 100, 3));
  IndexFollower follower = Follower();
  FollowAll(follower, 40);
  EXPECT_EQ(follower.covered(), 40U);
  FollowAll(follower, 100);
  EXPECT_EQ(follower.covered(), 100U);
}

TEST_F(IndexFollowerTest, IsDueOnceAnIntervalAndOnlyIfThereIsNews) {
  Keep(testing::SubjectChain(hasher, 10, 3));
  IndexFollower follower = Follower();
  FollowAll(follower, 10);
  ASSERT_TRUE(follower.Due()->has_value());
  follower.Asked();
  EXPECT_FALSE(follower.Due()->has_value());
  clock.Advance(kHour - 1);
  EXPECT_FALSE(follower.Due()->has_value());
  clock.Advance(1);
  EXPECT_TRUE(follower.Due()->has_value()) << "nothing was appended: it asks again";
}

// The last entry is an index that says all there is.
class WithIndexTest : public IndexFollowerTest {
 protected:
  void KeepWithIndex(std::int64_t at_millis) {
    Keep(testing::WriteChain(hasher, 11, at_millis, [this](std::size_t i) {
      if (i < 10) return testing::SampleDraft(testing::InstanceId(i % 3));
      return DraftIndexBuilt({.size = 10, .leaves = 4}, "server:a");
    }));
  }
};

TEST_F(WithIndexTest, HasNoNewsBehindAnIndex) {
  KeepWithIndex(1'767'225'600'000);
  IndexFollower follower = Follower();
  FollowAll(follower, 11);
  clock.Advance(10 * kHour);
  EXPECT_FALSE(follower.Due()->has_value());
}

TEST_F(WithIndexTest, AnIntervalGoesOnOverARestart) {
  // The index was built half an hour ago.
  KeepWithIndex(clock.UnixMillis() - kHour / 2 - 10'000);
  Keep({});
  IndexFollower follower = Follower();
  FollowAll(follower, 11);
  // News.
  const Head head = *store.ReadHead();
  StoredEntry more;
  more.bytes = *RenderEntry(testing::SampleDraft(testing::InstanceId(1)),
                            {.index = 11, .at_millis = clock.UnixMillis(), .prev = head.last_leaf});
  more.leaf = LeafHash(hasher, more.bytes);
  Keep({more});
  FollowAll(follower, 12);
  EXPECT_FALSE(follower.Due()->has_value());
  clock.Advance(kHour / 2);
  EXPECT_TRUE(follower.Due()->has_value());
}

TEST_F(WithIndexTest, AClockSetBackDelaysByOneIntervalAtMost) {
  KeepWithIndex(clock.UnixMillis() + 1000 * kHour);
  IndexFollower follower = Follower();
  FollowAll(follower, 10);
  ASSERT_TRUE(follower.Due().ok());
  clock.Advance(kHour);
  EXPECT_TRUE(follower.Due()->has_value());
}

TEST_F(IndexFollowerTest, TellsDamageAndAStoreThatDoesNotRead) {
  Keep(testing::SubjectChain(hasher, 10, 3));
  store.Tamper([](std::vector<StoredEntry>& all) { all[4].bytes[0] = 'x'; });
  IndexFollower damaged = Follower();
  EXPECT_EQ(damaged.Follow(10).status().code(), StatusCode::kDataLoss);
  store.Tamper([](std::vector<StoredEntry>& all) { std::swap(all[4], all[5]); });
  IndexFollower swapped = Follower();
  EXPECT_EQ(swapped.Follow(10).status().code(), StatusCode::kDataLoss);
  store.FailReadsWith(Unavailable("gone"));
  IndexFollower unread = Follower();
  EXPECT_EQ(unread.Follow(10).status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace svidence::ledger
