#include "plugin/core/ledger/append_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AppendRequest RequestUntil(std::int64_t deadline_millis, bool urgent = false) {
  AppendRequest request;
  request.deadline_millis = deadline_millis;
  request.urgent = urgent;
  return request;
}

std::vector<std::int64_t> Deadlines(const std::vector<AppendRequest>& requests) {
  std::vector<std::int64_t> deadlines;
  deadlines.reserve(requests.size());
  for (const AppendRequest& request : requests) deadlines.push_back(request.deadline_millis);
  return deadlines;
}

TEST(AppendQueueTest, GivesUrgentRequestsFirstAndTheRestInOrder) {
  AppendQueue queue(10);
  queue.Push(RequestUntil(1));
  queue.Push(RequestUntil(2));
  queue.Push(RequestUntil(3, true));
  EXPECT_THAT(Deadlines(queue.Take(2)), ElementsAre(3, 1));
  EXPECT_THAT(Deadlines(queue.Take(5)), ElementsAre(2));
  EXPECT_TRUE(queue.empty());
}

TEST(AppendQueueTest, WhatIsPutBackComesNextInItsOldOrder) {
  AppendQueue queue(10);
  for (int i = 1; i <= 4; ++i) queue.Push(RequestUntil(i));
  std::vector<AppendRequest> taken = queue.Take(3);
  taken.erase(taken.begin());
  queue.PutBack(std::move(taken));
  EXPECT_THAT(Deadlines(queue.Take(10)), ElementsAre(2, 3, 4));
}

TEST(AppendQueueTest, HasRoomUpToTheBoundAndAReserveBehindIt) {
  AppendQueue queue(1);
  EXPECT_TRUE(queue.HasRoom(false));
  queue.Push(RequestUntil(1));
  EXPECT_FALSE(queue.HasRoom(false));
  for (std::size_t i = 0; i < AppendQueue::kUrgentReserve; ++i) {
    ASSERT_TRUE(queue.HasRoom(true));
    queue.Push(RequestUntil(1, true));
  }
  EXPECT_FALSE(queue.HasRoom(true));
}

TEST(AppendQueueTest, RemovesWhatHasExpiredAtItsDeadline) {
  AppendQueue queue(10);
  queue.Push(RequestUntil(5));
  queue.Push(RequestUntil(7));
  queue.Push(RequestUntil(6, true));
  EXPECT_THAT(queue.TakeExpired(4), IsEmpty());
  EXPECT_THAT(Deadlines(queue.TakeExpired(6)), ElementsAre(6, 5));
  EXPECT_THAT(Deadlines(queue.Take(10)), ElementsAre(7));
}

}  // namespace
}  // namespace svidence::ledger
