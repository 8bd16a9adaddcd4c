#include "attestors/process/process_stat.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

const std::string kTail =
    " S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 10 11 4096 12 8192 0 0\n";
constexpr ProcessStat kWant{
    .state = 'S', .flags = 4194560, .start_ticks = 4711, .start_code = 4096, .start_stack = 8192};

struct Case {
  std::string name;  // letters and digits: it becomes part of the test's name
  std::string stat;
  std::optional<ProcessStat> want;  // nullopt: InvalidArgument
};

class ParseProcessStatTest : public ::testing::TestWithParam<Case> {};

TEST_P(ParseProcessStatTest, GivesTheFieldsOrAnError) {
  const Case& c = GetParam();
  const StatusOr<ProcessStat> got = ParseProcessStat(c.stat);
  if (c.want.has_value()) {
    EXPECT_THAT(got, IsOkAndHolds(*c.want));
  } else {
    EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  }
}

// A line whose field 22 is `start`.
std::string WithStart(const std::string& start) {
  return "1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 " + start + " 9 10 11 1 2 3 4\n";
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseProcessStatTest,
    ::testing::Values(
        Case{"Plain", "1 (init)" + kTail, kWant},
        Case{"CommandWithSpace", "7 (my daemon)" + kTail, kWant},
        Case{"CommandThatFakesFields",
             "7 (x) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 1 1 1 1 1 1)" + kTail, kWant},
        Case{"CommandWithNewline", "7 (x\n8 (y)" + kTail, kWant},
        Case{"EmptyCommand", "7 ()" + kTail, kWant},
        Case{"NoNewlineAtTheEnd", "7 (x)" + kTail.substr(0, kTail.size() - 1), kWant},
        Case{"Largest", WithStart("18446744073709551615"),
             ProcessStat{.state = 'S',
                         .flags = 0,
                         .start_ticks = 18446744073709551615ULL,
                         .start_code = 1,
                         .start_stack = 3}},
        Case{"Empty", "", std::nullopt}, Case{"NoCommand", "1 init S 1", std::nullopt},
        Case{"NothingBehindTheCommand", "1 (init)", std::nullopt},
        Case{"TooFewFields", "1 (init) S 1 1", std::nullopt},
        Case{"OneFieldTooFew", "1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 1 9 10 11 1 2\n",
             std::nullopt},
        Case{"FieldsOnTheNextLine", "1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0\n4711 9 10 11 1",
             std::nullopt},
        Case{"EmptyField", WithStart(" 4711"), std::nullopt},
        Case{"LongState", "1 (a) SS" + kTail.substr(2), std::nullopt},
        Case{"Negative", WithStart("-5"), std::nullopt},
        Case{"Plus", WithStart("+5"), std::nullopt}, Case{"Hex", WithStart("0x5"), std::nullopt},
        Case{"TooLarge", WithStart("18446744073709551616"), std::nullopt},
        Case{"FlagsTooLarge", "1 (a) S 1 1 1 0 -1 4294967296" + kTail.substr(24), std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(ProcessStatTest, KnowsWhatDoesNotRun) {
  for (const char state : {'Z', 'X', 'x'}) EXPECT_TRUE(ProcessStat{.state = state}.dead());
  // Stopped, traced, sleeping for good: still there.
  for (const char state : {'R', 'S', 'D', 'T', 't', 'I'}) {
    EXPECT_FALSE(ProcessStat{.state = state}.dead()) << state;
  }
}

TEST(ProcessStatTest, KnowsKernelThreads) {
  EXPECT_TRUE(ProcessStat{.flags = 0x00208040}.kernel_thread());  // kthreadd's own
  EXPECT_FALSE(ProcessStat{.flags = 0x00400100}.kernel_thread());
}

TEST(ProcessStatTest, TellsOneProgramRunFromAnother) {
  constexpr ProcessStat kBase{.start_ticks = 1, .start_code = 2, .start_stack = 3};
  ProcessStat other = kBase;
  other.state = 'R';
  other.flags = 5;
  EXPECT_TRUE(kBase.SameProgram(other));
  other = kBase;
  other.start_ticks = 9;
  EXPECT_FALSE(kBase.SameProgram(other));
  other = kBase;
  other.start_code = 9;
  EXPECT_FALSE(kBase.SameProgram(other));
  other = kBase;
  other.start_stack = 9;
  EXPECT_FALSE(kBase.SameProgram(other));
}

}  // namespace
}  // namespace svidence
