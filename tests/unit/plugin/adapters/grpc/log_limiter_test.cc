#include "plugin/adapters/grpc/log_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence {
namespace {

using ::testing::Optional;

constexpr std::int64_t kInterval = LogLimiter::kIntervalMillis;

TEST(LogLimiterTest, WritesTheFirstLineOfACauseAndCountsTheRest) {
  LogLimiter limiter;
  EXPECT_THAT(limiter.Admit("a", 1000), Optional(0));
  EXPECT_EQ(limiter.Admit("a", 1001), std::nullopt);
  EXPECT_EQ(limiter.Admit("a", 1000 + kInterval - 1), std::nullopt);
  EXPECT_THAT(limiter.Admit("a", 1000 + kInterval), Optional(2));
  EXPECT_EQ(limiter.Admit("a", 1001 + kInterval), std::nullopt);
}

TEST(LogLimiterTest, KeepsCausesApart) {
  LogLimiter limiter;
  EXPECT_THAT(limiter.Admit("a", 0), Optional(0));
  EXPECT_THAT(limiter.Admit("b", 0), Optional(0));
}

TEST(LogLimiterTest, SharesOneLineAmongCausesBeyondTheBound) {
  LogLimiter limiter;
  std::size_t written = 0;
  for (std::size_t i = 0; i < 10 * LogLimiter::kMaxCauses; ++i) {
    if (limiter.Admit(std::to_string(i), 5)) ++written;
  }
  EXPECT_EQ(written, LogLimiter::kMaxCauses + 1);
  EXPECT_EQ(limiter.Admit("0", 6), std::nullopt) << "a known cause must stay known";
}

TEST(LogLimiterTest, ForgetsOldCausesWhenItIsFull) {
  LogLimiter limiter;
  for (std::size_t i = 0; i < LogLimiter::kMaxCauses; ++i) {
    (void)limiter.Admit(std::to_string(i), 0);  // only fills the table
  }
  EXPECT_THAT(limiter.Admit("new", kInterval), Optional(0));
  EXPECT_THAT(limiter.Admit("newer", kInterval), Optional(0)) << "must not share a line";
}

}  // namespace
}  // namespace svidence
