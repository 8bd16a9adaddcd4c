#include "plugin/adapters/linux/job_pool.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

TEST(JobPoolTest, RunsEveryJob) {
  constexpr int kJobs = 200;
  std::latch done(kJobs);
  JobPool pool(
      {.threads = 3, .jobs = kJobs, .jobs_of_one_owner = kJobs, .running_of_one_owner = 3});
  for (int i = 0; i < kJobs; ++i) {
    ASSERT_THAT(pool.Submit(7, [&done](const std::stop_token&) { done.count_down(); }), IsOk());
  }
  done.wait();
}

// Each test below holds one job back with a latch.
class JobPoolLimitsTest : public ::testing::Test {
 protected:
  JobPool::Job Held() {
    return [this](const std::stop_token&) {
      started_.count_down();
      release_.wait();
    };
  }

  std::latch started_{1};
  std::latch release_{1};
};

TEST_F(JobPoolLimitsTest, RefusesWhatWouldBeTooMany) {
  JobPool pool({.threads = 1, .jobs = 2, .jobs_of_one_owner = 2, .running_of_one_owner = 1});
  ASSERT_THAT(pool.Submit(1, Held()), IsOk());
  ASSERT_THAT(pool.Submit(2, [](const std::stop_token&) {}), IsOk());
  EXPECT_THAT(pool.Submit(3, [](const std::stop_token&) {}),
              StatusIs(StatusCode::kResourceExhausted));
  release_.count_down();
}

TEST_F(JobPoolLimitsTest, RefusesWhatIsTooManyForOneOwner) {
  JobPool pool({.threads = 1, .jobs = 9, .jobs_of_one_owner = 1, .running_of_one_owner = 1});
  ASSERT_THAT(pool.Submit(1, Held()), IsOk());
  EXPECT_THAT(pool.Submit(1, [](const std::stop_token&) {}),
              StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(pool.Submit(2, [](const std::stop_token&) {}), IsOk());
  release_.count_down();
}

TEST_F(JobPoolLimitsTest, LetsOthersPassAnOwnerWhoHasHisShare) {
  std::latch other(1);
  std::atomic<bool> second = false;
  JobPool pool({.threads = 2, .jobs = 9, .jobs_of_one_owner = 9, .running_of_one_owner = 1});
  ASSERT_THAT(pool.Submit(1, Held()), IsOk());
  started_.wait();
  ASSERT_THAT(pool.Submit(1, [&second](const std::stop_token&) { second = true; }), IsOk());
  ASSERT_THAT(pool.Submit(2, [&other](const std::stop_token&) { other.count_down(); }), IsOk());
  other.wait();
  EXPECT_FALSE(second);
  release_.count_down();
}

TEST_F(JobPoolLimitsTest, FreesTheShareOfAJobThatIsDone) {
  JobPool pool({.threads = 1, .jobs = 1, .jobs_of_one_owner = 1, .running_of_one_owner = 1});
  for (int i = 0; i < 100; ++i) {
    std::latch done(1);
    const auto job = [&done](const std::stop_token&) { done.count_down(); };
    // The count goes down a moment after the job has returned.
    while (!pool.Submit(1, job).ok()) std::this_thread::yield();
    done.wait();
  }
}

TEST(JobPoolTest, StopsWhatRunsAndDropsWhatWaitsWhenItEnds) {
  std::atomic<bool> ran = false;
  std::atomic<bool> stopped = false;
  std::latch started(1);
  {
    JobPool pool({.threads = 1, .jobs = 9, .jobs_of_one_owner = 9, .running_of_one_owner = 1});
    ASSERT_THAT(pool.Submit(1,
                            [&](const std::stop_token& stop) {
                              started.count_down();
                              while (!stop.stop_requested()) std::this_thread::yield();
                              stopped = true;
                            }),
                IsOk());
    ASSERT_THAT(pool.Submit(1, [&ran](const std::stop_token&) { ran = true; }), IsOk());
    started.wait();
  }
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace svidence::linux_os
