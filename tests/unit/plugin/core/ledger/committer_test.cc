#include "plugin/core/ledger/committer.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <latch>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_hasher.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

using Answer = StatusOr<AppendResult>;

// Remembers what it was told, in order.
class Recorder final : public CommitObserver {
 public:
  void OnCommitted(const Entry& entry) override {
    const std::lock_guard lock(mutex_);
    subjects_.push_back(entry.subject);
  }
  std::vector<std::string> subjects() const {
    const std::lock_guard lock(mutex_);
    return subjects_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> subjects_;
};

class CommitterTest : public ::testing::Test {
 protected:
  std::unique_ptr<Committer> Make(CommitterLimits limits = {}) {
    ChainWriter::Start start{.head = *store_.ReadHead(),
                             .subjects = std::make_unique<SubjectIndex>(hasher_)};
    return std::make_unique<Committer>(Committer::Ports{store_, hasher_, clock_, recorder_},
                                       std::move(start), limits);
  }

  static EntryDraft Draft(const std::string& subject) {
    return {.type = "alert.raised", .by = "server:a", .subject = subject};
  }
  static AppendRequest Request(const std::string& subject, std::promise<Answer>& promise) {
    return {.make = [subject]() -> StatusOr<EntryDraft> { return Draft(subject); },
            .done = [&promise](const Answer& answer) { promise.set_value(answer); },
            .deadline_millis = kNever};
  }
  static Answer Append(Committer& committer, const std::string& subject) {
    std::promise<Answer> promise;
    committer.Submit(Request(subject, promise));
    return promise.get_future().get();
  }
  // Lets the committer's thread stand in a store call until `release` counts down.
  void HoldNextAppend(std::latch& inside, std::latch& release) {
    store_.OnAppend([&, held = std::make_shared<std::once_flag>()](std::size_t) {
      std::call_once(*held, [&] {
        inside.count_down();
        release.wait();
      });
    });
  }

  FakeLedgerStore store_;
  testing::FakeHasher hasher_;
  testing::FakeClock clock_;
  Recorder recorder_;
};

TEST_F(CommitterTest, AnswersWithTheStoredBytesAndTheirIndex) {
  const auto committer = Make();
  ASSERT_THAT(Append(*committer, "log"), IsOk());
  const Answer second = Append(*committer, "log");
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->index, 1U);
  EXPECT_EQ(second->entry, store_.All()[1].bytes);
  const StatusOr<Entry> entry = ParseEntry(second->entry);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->place.prev, store_.All()[0].leaf);
  EXPECT_EQ(entry->place.subject_prev, EntryIndex{0});
  EXPECT_THAT(recorder_.subjects(), ElementsAre("log", "log"));
  EXPECT_EQ(committer->Stats().head.size, 2U);
}

TEST_F(CommitterTest, TimesNeverDecreaseWhenTheClockStepsBack) {
  const auto committer = Make();
  const Answer first = Append(*committer, "log");
  clock_.SetUnixMillis(clock_.UnixMillis() - 315'360'000'000);
  const Answer second = Append(*committer, "log");
  EXPECT_EQ(ParseEntry(first->entry)->place.at_millis, ParseEntry(second->entry)->place.at_millis);
}

TEST_F(CommitterTest, PutsWhatWaitsIntoOneBatchWithUrgentRequestsFirst) {
  const auto committer = Make();
  std::latch inside(1);
  std::latch release(1);
  HoldNextAppend(inside, release);
  std::vector<std::promise<Answer>> promises(4);
  committer->Submit(Request("node:0", promises[0]));
  inside.wait();
  committer->Submit(Request("node:1", promises[1]));
  committer->Submit(Request("node:2", promises[2]));
  AppendRequest urgent = Request("node:3", promises[3]);
  urgent.urgent = true;
  committer->Submit(std::move(urgent));
  release.count_down();
  for (std::promise<Answer>& promise : promises) EXPECT_THAT(promise.get_future().get(), IsOk());
  EXPECT_THAT(recorder_.subjects(), ElementsAre("node:0", "node:3", "node:1", "node:2"));
  EXPECT_EQ(store_.appends(), 2U);
}

TEST_F(CommitterTest, GatesBehindAnEntryThatEndsItsBatchSeeItCommitted) {
  const auto committer = Make();
  std::latch inside(1);
  std::latch release(1);
  HoldNextAppend(inside, release);
  std::vector<std::promise<Answer>> promises(3);
  committer->Submit(Request("node:0", promises[0]));
  inside.wait();
  AppendRequest last = Request("node:1", promises[1]);
  last.ends_batch = true;
  committer->Submit(std::move(last));
  AppendRequest gated = Request("node:2", promises[2]);
  gated.make = [this]() -> StatusOr<EntryDraft> {
    if (recorder_.subjects().size() == 2) return PermissionDenied("revoked");
    return Draft("node:2");
  };
  committer->Submit(std::move(gated));
  release.count_down();
  EXPECT_THAT(promises[1].get_future().get(), IsOk());
  EXPECT_THAT(promises[2].get_future().get(), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_EQ(store_.All().size(), 2U);
}

TEST_F(CommitterTest, AGateThatSaysNoOrADraftThatIsNoEntryEndsOnlyItsOwnRequest) {
  const auto committer = Make();
  std::promise<Answer> denied;
  AppendRequest request = Request("node:0", denied);
  request.make = []() -> StatusOr<EntryDraft> { return PermissionDenied("no"); };
  committer->Submit(std::move(request));
  std::promise<Answer> malformed;
  request = Request("node:1", malformed);
  request.make = []() -> StatusOr<EntryDraft> {
    return EntryDraft{.type = "x", .by = "b", .subject = "\xff"};
  };
  committer->Submit(std::move(request));
  EXPECT_THAT(denied.get_future().get(), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(malformed.get_future().get(), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(Append(*committer, "log")->index, 0U);
}

TEST_F(CommitterTest, AFullQueueRefusesAtOnceButKeepsRoomForUrgentRequests) {
  const auto committer = Make({.max_queue = 1});
  std::latch inside(1);
  std::latch release(1);
  HoldNextAppend(inside, release);
  std::vector<std::promise<Answer>> promises(4);
  committer->Submit(Request("node:0", promises[0]));
  inside.wait();
  committer->Submit(Request("node:1", promises[1]));
  committer->Submit(Request("node:2", promises[2]));
  const Answer refused = promises[2].get_future().get();
  EXPECT_THAT(refused, StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Message(refused.status()), HasSubstr("at most 1"));
  AppendRequest urgent = Request("node:3", promises[3]);
  urgent.urgent = true;
  committer->Submit(std::move(urgent));
  release.count_down();
  EXPECT_THAT(promises[1].get_future().get(), IsOk());
  EXPECT_THAT(promises[3].get_future().get(), IsOk());
}

TEST_F(CommitterTest, AHangingStoreKeepsNobodyPastTheDeadline) {
  const auto committer = Make();
  std::latch inside(1);
  std::latch release(1);
  HoldNextAppend(inside, release);
  std::vector<std::promise<Answer>> promises(2);
  for (int i = 0; i < 2; ++i) {
    AppendRequest request =
        Request("node:" + std::to_string(i), promises[static_cast<std::size_t>(i)]);
    request.deadline_millis = clock_.MonotonicMillis() + 10;
    committer->Submit(std::move(request));
    if (i == 0) inside.wait();
  }
  clock_.Advance(11);
  for (std::promise<Answer>& promise : promises) {
    EXPECT_THAT(promise.get_future().get(), StatusIs(StatusCode::kDeadlineExceeded));
  }
  release.count_down();
  // The entry whose commit was under way is there all the same.
  EXPECT_EQ(Append(*committer, "log")->index, 1U);
}

TEST_F(CommitterTest, AFullDiskIsToldRefusedCheaplyAndHealsByItself) {
  const auto committer = Make();
  store_.FailWith(ResourceExhausted("disk is full"));
  EXPECT_THAT(Append(*committer, "log"), StatusIs(StatusCode::kResourceExhausted));
  const std::size_t appends = store_.appends();
  const Answer cheap = Append(*committer, "log");
  EXPECT_THAT(cheap, StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Message(cheap.status()), HasSubstr("disk is full"));
  EXPECT_EQ(store_.appends(), appends);
  EXPECT_EQ(committer->Stats().trouble, "disk is full");

  store_.FailWith(OkStatus());
  clock_.Advance(500);
  EXPECT_EQ(Append(*committer, "log")->index, 0U);
  EXPECT_EQ(committer->Stats().trouble, "");
}

TEST_F(CommitterTest, ABatchThatWasStoredThoughTheAnswerWasLostCounts) {
  const auto committer = Make();
  store_.FailOnCall(1, Unavailable("lost"), FakeLedgerStore::Loses::kAnswer);
  EXPECT_EQ(Append(*committer, "log")->index, 0U);
  EXPECT_EQ(Append(*committer, "log")->index, 1U);
  EXPECT_THAT(recorder_.subjects(), ElementsAre("log", "log"));
}

TEST_F(CommitterTest, ABatchThatWasNotStoredIsDroppedWhole) {
  const auto committer = Make();
  store_.FailOnCall(1, Unavailable("lost"));
  EXPECT_THAT(Append(*committer, "log"), StatusIs(StatusCode::kUnavailable));
  clock_.Advance(500);
  const Answer next = Append(*committer, "log");
  EXPECT_EQ(next->index, 0U);
  EXPECT_EQ(ParseEntry(next->entry)->place.subject_prev, std::nullopt);
  EXPECT_THAT(recorder_.subjects(), ElementsAre("log"));
}

TEST_F(CommitterTest, WhatTurnsOutToBeStoredLaterIsFoldedBeforeTheNextBatch) {
  const auto committer = Make();
  store_.FailOnCall(1, Unavailable("lost"), FakeLedgerStore::Loses::kAnswer);
  store_.FailReadsWith(Unavailable("cannot read"));
  EXPECT_THAT(Append(*committer, "node:1"), StatusIs(StatusCode::kUnavailable));
  clock_.Advance(500);
  EXPECT_THAT(Append(*committer, "node:2"), StatusIs(StatusCode::kUnavailable));
  store_.FailReadsWith(OkStatus());
  clock_.Advance(500);
  EXPECT_EQ(Append(*committer, "node:3")->index, 1U);
  EXPECT_THAT(recorder_.subjects(), ElementsAre("node:1", "node:3"));
}

TEST_F(CommitterTest, AnotherWriterStopsItForGood) {
  const auto committer = Make();
  StoredEntry stranger{.bytes = "x", .leaf = {}};
  stranger.leaf.fill(7);
  store_.Tamper([&](std::vector<StoredEntry>& entries) { entries.push_back(stranger); });
  EXPECT_THAT(Append(*committer, "log"), StatusIs(StatusCode::kFailedPrecondition));
  store_.Tamper([](std::vector<StoredEntry>& entries) { entries.clear(); });
  clock_.Advance(100'000);
  EXPECT_THAT(Append(*committer, "log"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_TRUE(store_.All().empty());
}

TEST_F(CommitterTest, ClosingAnswersEverything) {
  auto committer = Make();
  std::latch inside(1);
  std::latch release(1);
  HoldNextAppend(inside, release);
  std::vector<std::promise<Answer>> promises(3);
  committer->Submit(Request("node:0", promises[0]));
  inside.wait();
  committer->Submit(Request("node:1", promises[1]));
  committer->Submit(Request("node:2", promises[2]));
  std::jthread closing([&] { committer.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  release.count_down();
  EXPECT_THAT(promises[0].get_future().get(), IsOk());
  // Those behind were either still committed or told that the ledger closes.
  for (int i = 1; i < 3; ++i) {
    const Answer answer = promises[static_cast<std::size_t>(i)].get_future().get();
    EXPECT_TRUE(answer.ok() || answer.status().code() == StatusCode::kUnavailable);
  }
}

// For ThreadSanitizer, and for the promise that nothing is lost or doubled.
TEST_F(CommitterTest, ManyThreadsGetEachAnIndexOfTheirOwn) {
  constexpr int kThreads = 4;
  constexpr int kEach = 100;
  const auto committer = Make();
  std::mutex mutex;
  std::vector<EntryIndex> indexes;
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < kEach; ++n) {
          const Answer answer = Append(*committer, "node:" + std::to_string(t));
          ASSERT_THAT(answer, IsOk());
          const std::lock_guard lock(mutex);
          indexes.push_back(answer->index);
        }
      });
    }
  }
  std::sort(indexes.begin(), indexes.end());
  ASSERT_EQ(indexes.size(), std::size_t{kThreads * kEach});
  for (std::size_t i = 0; i < indexes.size(); ++i) EXPECT_EQ(indexes[i], i);
}

}  // namespace
}  // namespace svidence::ledger
