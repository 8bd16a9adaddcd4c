#include "plugin/core/config/values.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct DurationCase {
  std::string name;
  std::string text;
  std::optional<std::int64_t> want_millis;
};

class ParseDurationTest : public ::testing::TestWithParam<DurationCase> {};

TEST_P(ParseDurationTest, ReadsOrRefuses) {
  const auto duration = ParseDuration(GetParam().text);
  if (GetParam().want_millis) {
    EXPECT_THAT(duration, IsOkAndHolds(milliseconds(*GetParam().want_millis)));
  } else {
    EXPECT_THAT(duration, StatusIs(StatusCode::kInvalidArgument));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseDurationTest,
    ::testing::Values(
        DurationCase{"Hours", "24h", 86400000}, DurationCase{"Zero", "0s", 0},
        DurationCase{"Millis", "250ms", 250}, DurationCase{"Mixed", "1h2m3s4ms", 3723004},
        DurationCase{"MinutesAndSeconds", "1m30s", 90000},
        DurationCase{"MoreThanAUnitHolds", "90s", 90000},
        DurationCase{"LongestOfAll", "2540400h", 9145440000000},
        DurationCase{"BeyondTheLongest", "2540401h", std::nullopt},
        DurationCase{"SumBeyondTheLongest", "2540400h1ms", std::nullopt},
        DurationCase{"BeyondInt64", "9223372036854775808ms", std::nullopt},
        DurationCase{"ProductBeyondInt64", "9223372036854775807h", std::nullopt},
        DurationCase{"Empty", "", std::nullopt}, DurationCase{"NoUnit", "24", std::nullopt},
        DurationCase{"NoNumber", "h", std::nullopt}, DurationCase{"Days", "1d", std::nullopt},
        DurationCase{"Fraction", "1.5h", std::nullopt},
        DurationCase{"Negative", "-1h", std::nullopt}, DurationCase{"Plus", "+1h", std::nullopt},
        DurationCase{"Space", "1h 30m", std::nullopt},
        DurationCase{"LeadingSpace", " 1h", std::nullopt},
        DurationCase{"Twice", "1h1h", std::nullopt},
        DurationCase{"SmallerUnitFirst", "1s1h", std::nullopt},
        DurationCase{"UpperCase", "1H", std::nullopt},
        DurationCase{"TrailingNumber", "1h30", std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(ParseDurationTest, SaysHowToWriteOne) {
  EXPECT_EQ(Message(ParseDuration("1.5h").status()),
            R"(a duration is written like "24h", "1m30s" or "250ms": whole numbers, larger unit )"
            R"(first, got "1.5h")");
}

TEST(DurationTextTest, GivesWhatParseDurationReadsBack) {
  for (const std::int64_t millis : {0, 1, 999, 1000, 59999, 90000, 3600000, 86400000, 3723004}) {
    EXPECT_THAT(ParseDuration(DurationText(milliseconds(millis))),
                IsOkAndHolds(milliseconds(millis)));
  }
  EXPECT_EQ(DurationText(milliseconds(0)), "0s");
  EXPECT_EQ(DurationText(milliseconds(90000)), "1m30s");
}

struct SizeCase {
  std::string name;
  std::string text;
  std::optional<std::uint64_t> want;
};

class ParseSizeTest : public ::testing::TestWithParam<SizeCase> {};

TEST_P(ParseSizeTest, ReadsOrRefuses) {
  const auto size = ParseSize(GetParam().text);
  if (GetParam().want) {
    EXPECT_THAT(size, IsOkAndHolds(*GetParam().want));
  } else {
    EXPECT_THAT(size, StatusIs(StatusCode::kInvalidArgument));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseSizeTest,
    ::testing::Values(
        SizeCase{"MiB", "512MiB", 536870912}, SizeCase{"GiB", "1GiB", 1073741824},
        SizeCase{"KiB", "4KiB", 4096}, SizeCase{"Bytes", "1B", 1}, SizeCase{"Zero", "0B", 0},
        SizeCase{"Largest", "9223372036854775807B", 9223372036854775807},
        SizeCase{"TooLarge", "9223372036854775808B", std::nullopt},
        SizeCase{"ProductTooLarge", "8589934592GiB", std::nullopt},
        SizeCase{"Decimal", "512MB", std::nullopt}, SizeCase{"Short", "512M", std::nullopt},
        SizeCase{"NoUnit", "512", std::nullopt}, SizeCase{"TwoParts", "1GiB1MiB", std::nullopt},
        SizeCase{"Negative", "-1B", std::nullopt}, SizeCase{"Fraction", "1.5GiB", std::nullopt},
        SizeCase{"Empty", "", std::nullopt}),
    [](const auto& test) { return test.param.name; });

TEST(SizeTextTest, TakesTheLargestUnitThatDivides) {
  EXPECT_EQ(SizeText(536870912), "512MiB");
  EXPECT_EQ(SizeText(1536), "1536B");
  EXPECT_EQ(SizeText(0), "0B");
}

struct PathCase {
  std::string name;
  std::string text;
  std::string want;  // empty: refused
};

class NormalizePathTest : public ::testing::TestWithParam<PathCase> {};

TEST_P(NormalizePathTest, ReadsOrRefuses) {
  const auto path = NormalizePath(GetParam().text, 16);
  if (GetParam().want.empty()) {
    EXPECT_THAT(path, StatusIs(StatusCode::kInvalidArgument));
  } else {
    EXPECT_THAT(path, IsOkAndHolds(GetParam().want));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, NormalizePathTest,
    ::testing::Values(
        PathCase{"Plain", "/var/lib/x", "/var/lib/x"}, PathCase{"TrailingSlash", "/var/", "/var"},
        PathCase{"Root", "/", "/"}, PathCase{"Utf8", "/\xc3\xa9", "/\xc3\xa9"},
        PathCase{"DotInName", "/.a/..b", "/.a/..b"},
        PathCase{"AtTheBound", "/23456789012345/", "/23456789012345"},
        PathCase{"OverTheBound", "/2345678901234567", ""}, PathCase{"Relative", "var/lib", ""},
        PathCase{"Empty", "", ""}, PathCase{"Home", "~/x", ""}, PathCase{"DotDot", "/a/../b", ""},
        PathCase{"DotDotAtTheEnd", "/a/..", ""}, PathCase{"Dot", "/./a", ""},
        PathCase{"DoubleSlash", "/a//b", ""}, PathCase{"DoubleSlashAtTheEnd", "/a//", ""},
        PathCase{"NewLine", "/a\nb", ""}, PathCase{"Delete", "/a\x7f", ""}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace svidence::config
