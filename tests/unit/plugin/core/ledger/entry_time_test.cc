#include "plugin/core/ledger/entry_time.h"

#include <optional>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct Case {
  const char* name;
  std::string_view text;
  std::optional<std::int64_t> millis;
};
class EntryTimeTest : public ::testing::TestWithParam<Case> {};

TEST_P(EntryTimeTest, Reads) {
  if (GetParam().millis) {
    EXPECT_THAT(ParseTime(GetParam().text), IsOkAndHolds(*GetParam().millis));
    EXPECT_EQ(FormatTime(*GetParam().millis), GetParam().text);
  } else {
    EXPECT_THAT(ParseTime(GetParam().text), StatusIs(StatusCode::kInvalidArgument));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, EntryTimeTest,
    ::testing::Values(Case{"Epoch", "1970-01-01T00:00:00.000Z", 0},
                      Case{"Example", "2026-11-23T18:00:00.123Z", 1'795'456'800'123},
                      Case{"LeapDay", "2024-02-29T23:59:59.999Z", 1'709'251'199'999},
                      Case{"Last", "9999-12-31T23:59:59.999Z", kMaxTimeMillis},
                      Case{"NoLeapDay", "2023-02-29T00:00:00.000Z", std::nullopt},
                      Case{"Month13", "2026-13-01T00:00:00.000Z", std::nullopt},
                      Case{"Day0", "2026-01-00T00:00:00.000Z", std::nullopt},
                      Case{"Hour24", "2026-01-01T24:00:00.000Z", std::nullopt},
                      Case{"Minute60", "2026-01-01T00:60:00.000Z", std::nullopt},
                      Case{"LeapSecond", "2016-12-31T23:59:60.000Z", std::nullopt},
                      Case{"Before1970", "1969-12-31T23:59:59.999Z", std::nullopt},
                      Case{"NoMillis", "2026-11-23T18:00:00Z", std::nullopt},
                      Case{"Micros", "2026-11-23T18:00:00.123456Z", std::nullopt},
                      Case{"Offset", "2026-11-23T18:00:00.123+00", std::nullopt},
                      Case{"LowerCase", "2026-11-23t18:00:00.123z", std::nullopt},
                      Case{"Space", "2026-11-23 18:00:00.123Z", std::nullopt},
                      Case{"Signed", "2026-11-23T18:00:+0.123Z", std::nullopt},
                      Case{"Empty", "", std::nullopt}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST(EntryTimeFormatTest, WritesATimeOutOfRangeAsTheNearerEnd) {
  EXPECT_EQ(FormatTime(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(kMaxTimeMillis + 1), "9999-12-31T23:59:59.999Z");
}

// Every day of four centuries, so that no rule of the calendar is left out.
TEST(EntryTimeFormatTest, ReadsBackEveryDayThatItWrites) {
  for (std::int64_t day = 0; day < 146'097; ++day) {
    const std::int64_t millis = day * 86'400'000 + 12'345'678;
    ASSERT_THAT(ParseTime(FormatTime(millis)), IsOkAndHolds(millis));
  }
}

}  // namespace
}  // namespace svidence::ledger
