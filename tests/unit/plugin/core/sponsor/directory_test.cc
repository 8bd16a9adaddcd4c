#include "plugin/core/sponsor/directory.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::sponsor {
namespace {

struct Case {
  const char* name;
  std::string person;
  bool good;
};

class CheckPersonTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckPersonTest, TakesANameAndNothingElse) {
  const Status got = CheckPerson(GetParam().person);
  EXPECT_THAT(got,
              testing::StatusIs(GetParam().good ? StatusCode::kOk : StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckPersonTest,
    ::testing::Values(Case{"Address", "ann@example.org", true},
                      Case{"Name", "Zo\xc3\xab O'Neil", true}, Case{"OneByte", "a", true},
                      Case{"Empty", "", false}, Case{"Longest", std::string(320, 'a'), true},
                      Case{"TooLong", std::string(321, 'a'), false},
                      Case{"NotUtf8", "ann\xff", false}, Case{"LineFeed", "ann\n", false},
                      Case{"Delete", "ann\x7f", false},
                      Case{"Null", std::string("a\0b", 3), false}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

TEST(CheckPersonMessageTest, DoesNotRepeatThePerson) {
  EXPECT_THAT(Message(CheckPerson("ann\n")), Not(::testing::HasSubstr("ann")));
}

}  // namespace
}  // namespace svidence::sponsor
