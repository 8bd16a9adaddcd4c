#include "plugin/shim/backoff.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, StartsAtOnceThenDoublesFromFiftyMillisecondsToHalfASecond) {
  Backoff backoff;
  std::vector<long> waits;
  for (int i = 0; i < 10; ++i) {
    waits.push_back(
        std::chrono::duration_cast<milliseconds>(backoff.Next(Duration::zero())).count());
  }
  EXPECT_THAT(waits, ::testing::ElementsAre(0, 50, 100, 200, 400, 500, 500, 500, 500, 500));
}

TEST(BackoffTest, StartsAnewAfterADaemonThatServedForTenSeconds) {
  Backoff backoff;
  for (int i = 0; i < 5; ++i) (void)backoff.Next(Duration::zero());
  EXPECT_EQ(backoff.Next(milliseconds(9999)), milliseconds(500));
  EXPECT_EQ(backoff.Next(milliseconds(10000)), milliseconds(0));
  EXPECT_EQ(backoff.Next(Duration::zero()), milliseconds(50));
}

}  // namespace
}  // namespace svidence::shim
