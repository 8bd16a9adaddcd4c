#include "plugin/adapters/log/hclog_line.h"

#include <map>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace svidence::log {
namespace {

using ::testing::HasSubstr;

// 2026-11-23T18:00:00.000123Z
constexpr std::int64_t kTime = 1'795'456'800'000'123;

// Reads a line by the loader's rules and gives its members, all of them text.
std::map<std::string, std::string> Members(const std::string& line) {
  EXPECT_LT(line.size(), kMaxLineBytes);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line feed, at the end";
  const nlohmann::json json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  EXPECT_TRUE(json.is_object()) << line;
  std::map<std::string, std::string> members;
  for (const auto& [key, value] : json.items()) {
    EXPECT_TRUE(value.is_string()) << key << " must be a string in " << line;
    members[key] = value.get<std::string>();
  }
  static const std::regex go_layout(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)");
  EXPECT_TRUE(std::regex_match(members["@timestamp"], go_layout)) << members["@timestamp"];
  return members;
}

std::map<std::string, std::string> MembersOf(std::string_view text) {
  auto members =
      Members(ToHclogLine({.unix_micros = kTime, .module = "svidence-agent", .text = text}));
  for (const char* fixed : {"@level", "@module", "@timestamp"}) members.erase(fixed);
  return members;
}

TEST(HclogLineTest, IsTheObjectThatTheLoaderReads) {
  EXPECT_EQ(ToHclogLine({.level = Level::kWarn,
                         .unix_micros = kTime,
                         .module = "svidence-server",
                         .text = "ledger opened entries=42 path=\"/var/lib/a b\""}),
            R"({"@level":"warn","@message":"ledger opened","@module":"svidence-server",)"
            R"("@timestamp":"2026-11-23T18:00:00.000123Z","entries":"42","path":"/var/lib/a b"})"
            "\n");
}

TEST(HclogLineTest, UsesOnlyTheLevelsThatTheLoaderKnows) {
  const auto level = [](Level of) { return Members(ToHclogLine({.level = of}))["@level"]; };
  EXPECT_EQ(level(Level::kTrace), "trace");
  EXPECT_EQ(level(Level::kDebug), "debug");
  EXPECT_EQ(level(Level::kInfo), "info");
  EXPECT_EQ(level(Level::kWarn), "warn");
  EXPECT_EQ(level(Level::kError), "error");
}

TEST(HclogLineTest, WritesSixFractionDigitsAlways) {
  const auto time = [](std::int64_t micros) {
    return Members(ToHclogLine({.unix_micros = micros}))["@timestamp"];
  };
  EXPECT_EQ(time(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(time(1'709'251'199'900'000), "2024-02-29T23:59:59.900000Z");
}

struct Case {
  const char* name;
  std::string text;
  std::map<std::string, std::string> want;
};

class HclogPairsTest : public ::testing::TestWithParam<Case> {};

TEST_P(HclogPairsTest, SplitsTheText) { EXPECT_EQ(MembersOf(GetParam().text), GetParam().want); }

INSTANTIATE_TEST_SUITE_P(
    Texts, HclogPairsTest,
    ::testing::Values(
        Case{"Empty", "", {{"@message", ""}}},
        Case{"WordsOnly", "all is well", {{"@message", "all is well"}}},
        Case{"PairsOnly", "a=1 b=2", {{"@message", ""}, {"a", "1"}, {"b", "2"}}},
        Case{"EmptyValue", "x a=", {{"@message", "x"}, {"a", ""}}},
        Case{"WordsBehindPairs", "a=1 is one", {{"@message", "a=1 is one"}}},
        Case{"LastPairsOnly", "a=1 is one b=2", {{"@message", "a=1 is one"}, {"b", "2"}}},
        Case{"Escapes", R"(x a="b \"c\" \\ \x0a")", {{"@message", "x"}, {"a", R"(b "c" \ \x0a)"}}},
        Case{"CutQuote", R"(x a="b"... c=1)", {{"@message", "x"}, {"a", "b..."}, {"c", "1"}}},
        Case{"OpenQuote", R"(x a="b c=1)", {{"@message", R"(x a="b c=1)"}}},
        Case{"QuotedTextMakesNoMembers",
             R"(unknown key "x level=fatal" line=3)",
             {{"@message", R"(unknown key "x level=fatal")"}, {"line", "3"}}},
        Case{"EscapedQuoteMakesNoMembers",
             R"(unknown key "\" a=1" line=3)",
             {{"@message", R"(unknown key "\" a=1")"}, {"line", "3"}}},
        Case{"SameKeyTwice", "x a=1 a=2", {{"@message", "x a=1"}, {"a", "2"}}},
        Case{"KeysOfTheLoader", "x @level=y", {{"@message", "x @level=y"}}},
        Case{"UpperCaseKey", "x A=1", {{"@message", "x A=1"}}},
        Case{"TwoSpaces", "x  a=1", {{"@message", "x "}, {"a", "1"}}},
        Case{"ControlBytes", "a\tb\nc\x1b\x7f", {{"@message", "a\tb\nc\x1b\x7f"}}},
        Case{"NotUtf8", "a\xff", {{"@message", "a\xef\xbf\xbd"}}}),
    [](const auto& test) { return test.param.name; });

TEST(HclogLineTest, LeavesPairsBeyondTheBoundInTheMessage) {
  std::string text = "x";
  for (std::size_t i = 0; i <= kMaxPairs; ++i) text += " k" + std::to_string(i) + "=v";
  const auto members = MembersOf(text);
  EXPECT_EQ(members.at("@message"), "x k0=v");
  EXPECT_EQ(members.size(), 1 + kMaxPairs);
}

TEST(HclogLineTest, CutsTextBehindItsBoundAndSaysSo) {
  EXPECT_EQ(MembersOf(std::string(kMaxTextBytes, 'x'))["@message"].size(), kMaxTextBytes);
  EXPECT_THAT(MembersOf(std::string(kMaxTextBytes + 1, 'x'))["@message"],
              HasSubstr("... [cut: the text had 8193 bytes]"));
}

TEST(HclogLineTest, StaysBelowTheLoadersBufferWhateverTheTextIs) {
  for (const char byte : {'\x01', '"', '\\', '\xff', '\n', '\0'}) {
    (void)MembersOf(std::string(1'000'000, byte));  // Members() checks the size
  }
}

TEST(HclogLineTest, GivesOneObjectForEveryPairOfBytes) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 5) {
      const std::string text{'x', static_cast<char>(a), static_cast<char>(b), '='};
      (void)MembersOf(text);
    }
  }
}

}  // namespace
}  // namespace svidence::log
