#include "plugin/adapters/linux/single_flight.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

constexpr std::chrono::milliseconds kLong{20'000};
constexpr JobPoolLimits kLimits{
    .threads = 2, .jobs = 8, .jobs_of_one_owner = 8, .running_of_one_owner = 2};

TEST(SingleFlightTest, AsksOnceForAllWhoAskAtTheSameTime) {
  constexpr int kCallers = 8;
  SingleFlight<int, int> flights(kLimits);
  std::atomic<int> runs = 0;
  std::latch release(1);
  std::latch asking(kCallers);
  std::vector<std::jthread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      asking.count_down();
      EXPECT_THAT(flights.Get(1, 0, kLong, {},
                              [&](const std::stop_token&) -> StatusOr<int> {
                                ++runs;
                                release.wait();
                                return 42;
                              }),
                  IsOkAndHolds(42));
    });
  }
  asking.wait();
  // All that is left to them is to join; those who come later start anew.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  release.count_down();
  callers.clear();
  EXPECT_EQ(runs, 1);
}

TEST(SingleFlightTest, AsksAgainAfterAnAnswerAndAfterAnError) {
  SingleFlight<int, int> flights(kLimits);
  int runs = 0;
  const auto fail = [&runs](const std::stop_token&) -> StatusOr<int> {
    ++runs;
    return Unavailable("down");
  };
  EXPECT_THAT(flights.Get(1, 0, kLong, {}, fail), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(flights.Get(1, 0, kLong, {}, fail), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(runs, 2);
}

TEST(SingleFlightTest, LeavesAtTheEndOfItsPatienceWhileTheWorkGoesOn) {
  SingleFlight<int, int> flights(kLimits);
  std::latch release(1);
  std::latch done(1);
  const auto slow = [&](const std::stop_token&) -> StatusOr<int> {
    release.wait();
    done.count_down();
    return 42;
  };
  EXPECT_THAT(flights.Get(1, 0, std::chrono::milliseconds(1), {}, slow),
              StatusIs(StatusCode::kDeadlineExceeded));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(flights.Get(1, 0, kLong, stop.get_token(), slow),
              StatusIs(StatusCode::kDeadlineExceeded));
  release.count_down();
  done.wait();
}

TEST(SingleFlightTest, PassesOnThatThePoolIsFull) {
  SingleFlight<int, int> flights(
      {.threads = 1, .jobs = 1, .jobs_of_one_owner = 1, .running_of_one_owner = 1});
  std::latch release(1);
  const auto slow = [&](const std::stop_token&) -> StatusOr<int> {
    release.wait();
    return 42;
  };
  EXPECT_THAT(flights.Get(1, 0, std::chrono::milliseconds(1), {}, slow),
              StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(flights.Get(2, 0, kLong, {}, slow), StatusIs(StatusCode::kResourceExhausted));
  release.count_down();
}

}  // namespace
}  // namespace svidence::linux_os
