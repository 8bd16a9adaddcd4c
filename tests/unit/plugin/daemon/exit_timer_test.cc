#include "plugin/daemon/exit_timer.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace svidence::daemon {
namespace {

using std::chrono::milliseconds;

TEST(ExitTimerTest, DoesNothingIfItIsDestroyedInTime) {
  bool spoke = false;
  {
    const ExitTimer timer(milliseconds(60'000), [&spoke] { spoke = true; });
  }
  EXPECT_FALSE(spoke);
}

TEST(ExitTimerDeathTest, EndsTheProcessWithItsLastWords) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const ExitTimer timer(milliseconds(1), [] {
          constexpr char kWords[] = "stuck";
          [[maybe_unused]] const ssize_t wrote = write(STDERR_FILENO, kWords, sizeof kWords);
        });
        while (true) pause();
      },
      ::testing::ExitedWithCode(1), "stuck");
}

}  // namespace
}  // namespace svidence::daemon
