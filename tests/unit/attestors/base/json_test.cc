#include "attestors/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

TEST(StrictJsonTest, ReadsEveryKindOfValueInOrder) {
  const StatusOr<Json> json =
      ParseStrictJson(R"({"b":[1,-2,null],"a":{"t":true,"f":false},"s":"\u00e9\n"})");
  ASSERT_THAT(json, IsOk());
  ASSERT_NE(json->object(), nullptr);
  EXPECT_EQ(json->object()->front().first, "b");
  const Json* list = json->Find("b");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->array()->size(), 3U);
  EXPECT_EQ(*(*list->array())[1].integer(), -2);
  EXPECT_TRUE((*list->array())[2].is_null());
  EXPECT_TRUE(*json->Find("a")->Find("t")->boolean());
  EXPECT_FALSE(*json->Find("a")->Find("f")->boolean());
  EXPECT_EQ(*json->Find("s")->text(), "\xc3\xa9\n");
  EXPECT_EQ(json->Find("none"), nullptr);
  EXPECT_EQ(list->Find("b"), nullptr);
}

struct Case {
  std::string name;
  std::string text;
  std::string want;  // part of the message
};

class StrictJsonRefusalTest : public ::testing::TestWithParam<Case> {};

TEST_P(StrictJsonRefusalTest, SaysWhy) {
  const StatusOr<Json> got = ParseStrictJson(GetParam().text, {.max_bytes = 200, .max_depth = 3});
  ASSERT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(got.status()), HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    All, StrictJsonRefusalTest,
    ::testing::Values(
        Case{"Empty", "", "one JSON object"}, Case{"Array", "[1]", "one JSON object"},
        Case{"Number", "1", "one JSON object"},
        Case{"SpaceBefore", R"( {"a":1})", "one JSON object"},
        Case{"NewlineAfter", "{\"a\":1}\n", "one JSON object"},
        Case{"ByteOrderMark", "\xef\xbb\xbf{\"a\":1}", "one JSON object"},
        Case{"TwoObjects", "{}{}", "not JSON"}, Case{"Truncated", R"({"a":})", "not JSON"},
        Case{"Fraction", R"({"a":1.0})", "integer"}, Case{"Exponent", R"({"a":1e0})", "integer"},
        Case{"MinusZero", R"({"a":-0})", "minus zero"},
        Case{"LeadingZero", R"({"a":01})", "not JSON"},
        Case{"TooBig", R"({"a":9223372036854775808})", "64 bits"},
        Case{"FarTooBig", R"({"a":99999999999999999999})", "integer"},
        Case{"DuplicateKey", R"({"a":1,"a":1})", "duplicate key \"a\""},
        Case{"DuplicateKeyByEscape", R"({"a":1,"\u0061":1})", "duplicate key"},
        Case{"DuplicateKeyInside", R"({"x":{"a":1,"a":1}})", "duplicate key"},
        Case{"BadUtf8", "{\"a\":\"\xff\"}", "not JSON"},
        Case{"LoneSurrogate", R"({"a":"\ud800"})", "not JSON"},
        Case{"ControlCharacter", "{\"a\":\"\n\"}", "not JSON"},
        Case{"Comment", R"({"a":1/**/})", "not JSON"},
        Case{"TooDeep", R"({"a":{"b":{"c":{}}}})", "nest at most 3"},
        Case{"TooDeepArray", R"({"a":[[[1]]]})", "nest at most 3"},
        Case{"TooLong", "{\"a\":\"" + std::string(200, 'x') + "\"}", "at most 200 bytes"}),
    [](const auto& test) { return test.param.name; });

TEST(StrictJsonTest, TakesWhatStandsExactlyAtTheBounds) {
  EXPECT_THAT(ParseStrictJson(R"({"a":{"b":{}}})", {.max_bytes = 14, .max_depth = 3}), IsOk());
  EXPECT_THAT(ParseStrictJson(R"({"a":9223372036854775807,"b":-9223372036854775808})"), IsOk());
  EXPECT_THAT(ParseStrictJson(R"({"a":"-0","b":"\"-0"})"), IsOk());
}

TEST(JsonWriterTest, WritesWhatTheReaderReads) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("a").Int(-5).Key("b").BeginArray().String("x\"\\\n").Null().EndArray();
  json.Key("c").Bool(true).Key("d").Raw("{}").RawMembers("").RawMembers(R"("e":1,"f":2)");
  json.Key("g").BeginObject().EndObject().EndObject();
  EXPECT_EQ(out, R"({"a":-5,"b":["x\"\\\u000a",null],"c":true,"d":{},"e":1,"f":2,"g":{}})");
  EXPECT_THAT(ParseStrictJson(out), IsOk());
}

TEST(AppendJsonStringTest, ReplacesBytesThatAreNotUtf8) {
  std::string out;
  AppendJsonString(out, "a\xff\xc3\xa9\xed\xa0\x80\x7f");
  EXPECT_EQ(out, "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u007f\"");
}

TEST(IsUtf8Test, KnowsOverlongFormsSurrogatesAndTheLastCodePoint) {
  for (const char* good :
       {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace svidence
