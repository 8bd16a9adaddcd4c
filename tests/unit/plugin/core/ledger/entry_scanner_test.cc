#include "plugin/core/ledger/entry_scanner.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plain_entry_scanner.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::PlainScanEntry;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::string_view kCommon =
    R"({"v":1,"i":42,"at":"2026-11-23T18:00:00.123Z",)"
    R"("prev":"kZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZE=","type":"t",)"
    R"("by":"server:a","subject":"log","subject_prev":37)";

std::string With(std::string_view own) { return std::string(kCommon) + std::string(own) + '}'; }

std::string Nested(std::size_t depth) {  // the entry's own braces count as one
  return R"(,"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']');
}

std::string Members(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += ",\"m" + std::to_string(i) + "\":0";
  return text;
}

struct OwnCase {
  const char* name;
  std::string own;
};

class GoodOwnMembersTest : public ::testing::TestWithParam<OwnCase> {};

TEST_P(GoodOwnMembersTest, AreReadInPlace) {
  const std::string bytes = With(GetParam().own);
  const StatusOr<EntryView> view = ScanEntry(bytes);
  ASSERT_TRUE(view.ok()) << view.status();
  const std::string own = GetParam().own.empty() ? "" : GetParam().own.substr(1);
  EXPECT_EQ(view->members, own);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoodOwnMembersTest,
    ::testing::Values(OwnCase{"None", ""}, OwnCase{"Integer", R"(,"a":0,"b":-1)"},
                      OwnCase{"LargestInteger", R"(,"a":9007199254740991)"},
                      OwnCase{"SmallestInteger", R"(,"a":-9007199254740991)"},
                      OwnCase{"Words", R"(,"a":null,"b":true,"c":false)"},
                      OwnCase{"Empties", R"(,"a":{},"b":[],"c":"")"},
                      OwnCase{"Nesting", R"(,"a":{"b":[1,{"c":2},"d"],"e":{}})"},
                      OwnCase{"SameNameInOtherObjects", R"(,"a":{"i":1},"b":{"i":1})"},
                      OwnCase{"SameNameAfterNesting", R"(,"a":{"x":1,"y":{"x":2},"z":3})"},
                      OwnCase{"Escapes", R"(,"a":"\"\\\/\b\f\n\r\t\u00e4\uFFFF")"},
                      OwnCase{"SurrogatePair", R"(,"a":"\ud83d\ude00")"},
                      OwnCase{"Utf8", ",\"a\":\"\xf0\x9f\x98\x80\xc3\xa4\""},
                      OwnCase{"OddName", R"(,"crm.contact:write/x":1)"},
                      OwnCase{"DeepestNesting", Nested(kMaxEntryDepth)},
                      OwnCase{"MostMembers", Members(kMaxEntryMembers)}),
    [](const ::testing::TestParamInfo<OwnCase>& test) { return test.param.name; });

class BadOwnMembersTest : public ::testing::TestWithParam<OwnCase> {};

TEST_P(BadOwnMembersTest, AreRefused) {
  EXPECT_THAT(ScanEntry(With(GetParam().own)), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadOwnMembersTest,
    ::testing::Values(
        OwnCase{"Fraction", R"(,"a":1.0)"}, OwnCase{"Exponent", R"(,"a":1e0)"},
        OwnCase{"MinusZero", R"(,"a":-0)"}, OwnCase{"LeadingZero", R"(,"a":01)"},
        OwnCase{"Plus", R"(,"a":+1)"}, OwnCase{"Over2To53", R"(,"a":9007199254740992)"},
        OwnCase{"Under2To53", R"(,"a":-9007199254740992)"},
        OwnCase{"ManyDigits", R"(,"a":100000000000000000000)"}, OwnCase{"NaN", R"(,"a":NaN)"},
        OwnCase{"SpaceAfterColon", R"(,"a": 1)"}, OwnCase{"SpaceBeforeName", R"(, "a":1)"},
        OwnCase{"TrailingComma", R"(,"a":1,)"}, OwnCase{"CommaOnly", ","},
        OwnCase{"TrailingCommaInArray", R"(,"a":[1,])"},
        OwnCase{"TrailingCommaInObject", R"(,"a":{"b":1,})"}, OwnCase{"NoValue", R"(,"a":)"},
        OwnCase{"NoColon", R"(,"a"1)"}, OwnCase{"EmptyName", R"(,"":1)"},
        OwnCase{"EscapedName", R"(,"\u0061":1)"}, OwnCase{"NameNotAscii", ",\"\xc3\xa4\":1"},
        OwnCase{"NameWithSpace", R"(,"a b":1)"}, OwnCase{"Twice", R"(,"a":1,"a":2)"},
        OwnCase{"TwiceInside", R"(,"x":{"a":1,"b":2,"a":3})"},
        OwnCase{"TwiceAfterNesting", R"(,"a":1,"b":{"c":1},"a":3)"},
        OwnCase{"CommonAgain", R"(,"type":"x")"}, OwnCase{"LateAgent", R"(,"a":1,"agent":"x")"},
        OwnCase{"AgentNotText", R"(,"agent":1)"}, OwnCase{"AgentEmpty", R"(,"agent":"")"},
        OwnCase{"AgentEscaped", R"(,"agent":"\u0061")"}, OwnCase{"OpenString", R"(,"a":"x)"},
        OwnCase{"RawNewline", ",\"a\":\"x\ny\""}, OwnCase{"BadEscape", R"(,"a":"\x41")"},
        OwnCase{"ShortHex", R"(,"a":"\u12")"}, OwnCase{"LoneHighSurrogate", R"(,"a":"\ud83d")"},
        OwnCase{"LoneLowSurrogate", R"(,"a":"\ude00")"},
        OwnCase{"HighThenPlain", R"(,"a":"\ud83dx")"},
        OwnCase{"HighThenHigh", R"(,"a":"\ud83d\ud83d")"}, OwnCase{"NotUtf8", ",\"a\":\"\xff\""},
        OwnCase{"Overlong", ",\"a\":\"\xc0\xaf\""},
        OwnCase{"Utf8Surrogate", ",\"a\":\"\xed\xa0\x80\""}, OwnCase{"OpenArray", R"(,"a":[1)"},
        OwnCase{"MixedBrackets", R"(,"a":[1})"}, OwnCase{"SecondObject", R"(},{)"},
        OwnCase{"TooDeep", Nested(kMaxEntryDepth + 1)},
        OwnCase{"TooManyMembers", Members(kMaxEntryMembers + 1)},
        OwnCase{"TooManyMembersInAll",
                R"(,"a":[{"a":1},{"b":1}])" + Members(kMaxEntryMembers - 2)}),
    [](const ::testing::TestParamInfo<OwnCase>& test) { return test.param.name; });

struct CommonCase {
  const char* name;
  std::string_view from;  // replaced in a good entry
  std::string_view to;
  std::string_view says;  // part of the message
};
class BadCommonMembersTest : public ::testing::TestWithParam<CommonCase> {};

TEST_P(BadCommonMembersTest, AreRefusedByName) {
  std::string bytes = With("");
  ASSERT_TRUE(ScanEntry(bytes).ok());
  bytes.replace(bytes.find(GetParam().from), GetParam().from.size(), GetParam().to);
  const StatusOr<EntryView> view = ScanEntry(bytes);
  EXPECT_THAT(view, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(view.status()), HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadCommonMembersTest,
    ::testing::Values(
        CommonCase{"LaterVersion", R"("v":1)", R"("v":2)", R"("v" must be 1)"},
        CommonCase{"NoVersion", R"("v":1,)", "", R"("v")"},
        CommonCase{"ByteOrderMark", "{\"v", "\xef\xbb\xbf{\"v", R"("v")"},
        CommonCase{"LeadingSpace", "{\"v", " {\"v", R"("v")"},
        CommonCase{"Swapped", R"("v":1,"i":42)", R"("i":42,"v":1)", R"("v")"},
        CommonCase{"IndexLeadingZero", R"("i":42)", R"("i":042)", R"("i")"},
        CommonCase{"IndexNegative", R"("i":42)", R"("i":-42)", R"("i")"},
        CommonCase{"IndexText", R"("i":42)", R"("i":"42")", R"("i")"},
        CommonCase{"IndexTooHigh", R"("i":42)", R"("i":9007199254740992)", R"("i")"},
        CommonCase{"IndexWraps", R"("i":42)", R"("i":18446744073709551658)", R"("i")"},
        CommonCase{"BadTime", "18:00:00.123Z", "18:00:00.123z", R"("at")"},
        CommonCase{"LongTime", ".123Z\"", ".123Z \"", R"("at")"},
        CommonCase{"PrevSpareBits", "kZE=", "kZF=", R"("prev")"},
        CommonCase{"PrevUrlAlphabet", "kZE=", "k-E=", R"("prev")"},
        CommonCase{"PrevShort", "kZGR", "", R"("prev")"},
        CommonCase{"PrevLong", "kZGR", "kZGRkZGR", R"("prev")"},
        CommonCase{"PrevNull", "\"kZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZE=\"", "null",
                   R"("prev")"},
        CommonCase{"TypeEmpty", R"("type":"t")", R"("type":"")", R"("type")"},
        CommonCase{"TypeUpperCase", R"("type":"t")", R"("type":"tT")", R"("type")"},
        CommonCase{"ByMissing", R"("by":"server:a",)", "", R"("by")"},
        CommonCase{"ByEscaped", "server:a", R"(server:\u0061)", R"("by")"},
        CommonCase{"SubjectWithSpace", "log", "l g", R"("subject")"},
        CommonCase{"SubjectPrevMissing", R"(,"subject_prev":37)", "", R"("subject_prev")"},
        CommonCase{"SubjectPrevItself", ":37", ":42", R"("subject_prev")"},
        CommonCase{"SubjectPrevAhead", ":37", ":43", R"("subject_prev")"},
        CommonCase{"SubjectPrevNegative", ":37", ":-1", R"("subject_prev")"},
        CommonCase{"NewlineBehind", ":37}", ":37}\n", "nothing may follow"},
        CommonCase{"SecondEntryBehind", ":37}", ":37}{}", "nothing may follow"}),
    [](const ::testing::TestParamInfo<CommonCase>& test) { return test.param.name; });

TEST(ScanEntryTest, RefusesEveryTruncation) {
  const std::string bytes = With(R"(,"agent":"x","a":{"b":[1,"c\u00e4"]})");
  ASSERT_TRUE(ScanEntry(bytes).ok());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ScanEntry(std::string_view(bytes).substr(0, size)),
                StatusIs(StatusCode::kInvalidArgument))
        << size;
  }
}

// Any small change to an entry: the fast reader and the plain one take the same, see the
// same in it, and refuse the rest with the same words.
TEST(ScanEntryTest, TakesExactlyWhatThePlainReaderTakes) {
  const std::string good =
      With(R"(,"agent":"x","a":{"b":[1,-2,"c\u00e4\ud83d\ude00\n",null,true,false]},"d":[{},[]])");
  ASSERT_TRUE(ScanEntry(good).ok());
  constexpr std::string_view kBytes = "\"\\{}[],:u0159-eanulltrefs \n\x1f\x7f\x80\xc3\xff=+/.Z";
  std::mt19937 random(7);
  std::size_t taken = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string bytes = good;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      const char byte = kBytes[random() % kBytes.size()];
      const std::size_t kind = random() % 3;
      if (kind == 0) bytes[at] = byte;
      if (kind == 1) bytes.insert(at, 1, byte);
      if (kind == 2) bytes.erase(at, 1 + random() % 4);
      if (bytes.empty()) bytes = good;
    }
    const StatusOr<EntryView> fast = ScanEntry(bytes);
    const StatusOr<EntryView> plain = PlainScanEntry(bytes);
    ASSERT_EQ(fast.status(), plain.status()) << bytes;
    if (!fast.ok()) continue;
    ++taken;
    ASSERT_EQ(fast->place, plain->place);
    ASSERT_EQ(fast->type, plain->type);
    ASSERT_EQ(fast->by, plain->by);
    ASSERT_EQ(fast->subject, plain->subject);
    ASSERT_EQ(fast->agent, plain->agent);
    ASSERT_EQ(fast->members, plain->members);
  }
  EXPECT_GT(taken, 1000U);
}

TEST(ScanEntryTest, QuotesNothingFromTheEntryUnescaped) {
  const StatusOr<EntryView> view = ScanEntry(With(",\"a\":1,\"a\":2\x1b[31m"));
  EXPECT_EQ(Message(view.status()).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace svidence::ledger
