#include "attestors/process/pid.h"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::StatusIs;

TEST(PidTest, HoldsWhatNamesAProcess) {
  for (const std::int32_t wire : {1, 4194304, std::numeric_limits<std::int32_t>::max()}) {
    ASSERT_TRUE(Pid::FromWire(wire).ok());
    EXPECT_EQ(Pid::FromWire(wire)->value(), wire);
  }
}

TEST(PidTest, TakesZeroForAProcessThatCannotBeSeen) {
  EXPECT_THAT(Pid::FromWire(0), StatusIs(StatusCode::kNotFound));
}

TEST(PidTest, RefusesWhatMeansAGroupToTheKernel) {
  for (const std::int32_t wire : {-1, -4711, std::numeric_limits<std::int32_t>::min()}) {
    EXPECT_THAT(Pid::FromWire(wire), StatusIs(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace svidence
