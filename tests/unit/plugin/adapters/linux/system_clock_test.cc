#include "plugin/adapters/linux/system_clock.h"

#include <ctime>

#include <gtest/gtest.h>

namespace svidence::linux_os {
namespace {

TEST(SystemClockTest, AgreesWithTheStandardLibraryOnTheTime) {
  const std::int64_t before = std::time(nullptr);
  const std::int64_t millis = SystemClock().UnixMillis();
  const std::int64_t after = std::time(nullptr);
  EXPECT_GE(millis, (before - 1) * 1000);  // time() may lag by a tick
  EXPECT_LE(millis, (after + 1) * 1000);
}

TEST(SystemClockTest, NeverStepsBackWhenMonotonic) {
  const SystemClock clock;
  std::int64_t last = clock.MonotonicMillis();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = clock.MonotonicMillis();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace svidence::linux_os
