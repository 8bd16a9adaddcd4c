#include "plugin/shim/log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

using std::chrono::microseconds;
using std::chrono::sys_days;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::chrono::sys_time<microseconds> kTime =
    sys_days(std::chrono::year(2026) / 3 / 4) + microseconds(5'000'006) + std::chrono::hours(7);

TEST(FormatLineTest, WritesTheMembersThatHclogReadsAsStrings) {
  EXPECT_EQ(FormatLine(Level::kInfo, "ready", kTime),
            R"({"@level":"info","@message":"ready","@module":"svidence-shim",)"
            R"("@timestamp":"2026-03-04T07:00:05.000006Z"})"
            "\n");
}

TEST(FormatLineTest, UsesTheLevelsThatSpireKnows) {
  EXPECT_THAT(FormatLine(Level::kDebug, "", kTime), HasSubstr(R"("@level":"debug")"));
  EXPECT_THAT(FormatLine(Level::kWarn, "", kTime), HasSubstr(R"("@level":"warn")"));
  EXPECT_THAT(FormatLine(Level::kError, "", kTime), HasSubstr(R"("@level":"error")"));
}

TEST(FormatLineTest, StaysBelowItsBoundWhateverTheText) {
  for (const char byte : {'a', '"', '\n', '\xff'}) {
    for (const std::size_t size : {std::size_t{100}, std::size_t{3800}, std::size_t{3900},
                                   std::size_t{4096}, std::size_t{100000}}) {
      const std::string line = FormatLine(Level::kInfo, std::string(size, byte), kTime);
      EXPECT_LE(line.size(), kMaxLogLineBytes);
      EXPECT_EQ(line.find('\n'), line.size() - 1);
      EXPECT_THAT(line, EndsWith("Z\"}\n"));
    }
  }
  EXPECT_THAT(FormatLine(Level::kInfo, std::string(5000, 'a'), kTime), HasSubstr("aaa...\""));
}

struct Case {
  const char* name;
  std::string text;
  const char* want;
};

class AppendEscapedTest : public ::testing::TestWithParam<Case> {};

TEST_P(AppendEscapedTest, GivesTheInsideOfAJsonString) {
  std::string out;
  EXPECT_TRUE(AppendEscaped(GetParam().text, 1000, out));
  EXPECT_EQ(out, GetParam().want);
}

#define REPLACEMENT "\xEF\xBF\xBD"

INSTANTIATE_TEST_SUITE_P(
    Texts, AppendEscapedTest,
    ::testing::Values(Case{"Plain", "reading /etc", "reading /etc"},
                      Case{"Quote", R"(a"b)", R"(a\"b)"}, Case{"Backslash", R"(a\b)", R"(a\\b)"},
                      Case{"NewLine", "a\nb", R"(a\u000ab)"},
                      Case{"Zero", std::string("a\0b", 3), R"(a\u0000b)"},
                      Case{"Escape", "\x1b[2J", R"(\u001b[2J)"},
                      Case{"Delete", "\x7f", R"(\u007f)"}, Case{"TwoBytes", "\xC3\xA9", "\xC3\xA9"},
                      Case{"ThreeBytes", "\xE2\x82\xAC", "\xE2\x82\xAC"},
                      Case{"FourBytes", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                      Case{"LargestCharacter", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
                      Case{"AboveTheLargest", "\xF4\x90\x80\x80",
                           REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
                      Case{"ContinuationAlone", "a\x80", "a" REPLACEMENT},
                      Case{"CutCharacter", "\xE2\x82", REPLACEMENT REPLACEMENT},
                      Case{"CutFourBytes", "\xF0\x9F\x98", REPLACEMENT REPLACEMENT REPLACEMENT},
                      Case{"OverLongTwo", "\xC0\xAF", REPLACEMENT REPLACEMENT},
                      Case{"OverLongThree", "\xE0\x9F\xBF", REPLACEMENT REPLACEMENT REPLACEMENT},
                      Case{"OverLongFour", "\xF0\x8F\xBF\xBF",
                           REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT},
                      Case{"Surrogate", "\xED\xA0\x80", REPLACEMENT REPLACEMENT REPLACEMENT},
                      Case{"LastBeforeSurrogates", "\xED\x9F\xBF", "\xED\x9F\xBF"},
                      Case{"NoSuchByte", "\xFE\xFF", REPLACEMENT REPLACEMENT}),
    [](const auto& test) { return test.param.name; });

TEST(QuoteTest, SaysThatSomeOfTheTextIsMissing) {
  EXPECT_EQ(Quote("a\"b"), R"("a\"b")");
  EXPECT_THAT(Quote(std::string(10000, 'a')), EndsWith("aaa\"..."));
  EXPECT_LT(Quote(std::string(10000, '\n')).size(), 300U);
}

}  // namespace
}  // namespace svidence::shim
