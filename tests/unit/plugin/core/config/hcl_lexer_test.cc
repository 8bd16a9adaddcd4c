#include "plugin/core/config/hcl_lexer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/config/hcl.h"

namespace svidence::config {
namespace {

using ::testing::HasSubstr;
using Kind = HclToken::Kind;

struct Case {
  std::string name;
  std::string text;
  Kind kind = Kind::kEnd;
  std::string value = {};
  std::int64_t number = 0;
  std::string problem = {};  // part of it
};

class HclLexerTest : public ::testing::TestWithParam<Case> {};

TEST_P(HclLexerTest, CutsTheFirstToken) {
  const Case& want = GetParam();
  HclLexer lexer(want.text);
  const HclToken token = lexer.Next();
  EXPECT_EQ(token.kind, want.kind) << DescribeToken(token);
  if (want.problem.empty()) {
    EXPECT_EQ(token.problem, "");
    EXPECT_EQ(token.text, want.value);
    EXPECT_EQ(token.number, want.number);
  } else {
    EXPECT_THAT(token.problem, HasSubstr(want.problem));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Words, HclLexerTest,
    ::testing::Values(Case{"Empty", "", Kind::kEnd}, Case{"OnlySpace", " \t\r\n", Kind::kEnd},
                      Case{"Identifier", "a_B-c.9 x", Kind::kIdentifier, "a_B-c.9"},
                      Case{"Underscore", "_x", Kind::kIdentifier, "_x"},
                      Case{"True", "true", Kind::kBool, "true", 1},
                      Case{"False", "false", Kind::kBool, "false", 0},
                      Case{"NotQuiteTrue", "truer", Kind::kIdentifier, "truer"},
                      Case{"HashComment", "# a\nb", Kind::kIdentifier, "b"},
                      Case{"SlashComment", "// a\nb", Kind::kIdentifier, "b"},
                      Case{"BlockComment", "/* a\n * b */c", Kind::kIdentifier, "c"},
                      Case{"ShortestBlockComment", "/**/c", Kind::kIdentifier, "c"},
                      Case{"CommentAtTheEnd", "# a", Kind::kEnd},
                      Case{"OpenBlockComment", "/* a *", Kind::kError, "", 0, "no closing"},
                      Case{"SlashStarSlash", "/*/", Kind::kError, "", 0, "no closing"},
                      Case{"Slash", "/x", Kind::kError, "", 0, R"(unexpected character "/")"},
                      Case{"Colon", ": b", Kind::kError, "", 0, "key = value"},
                      Case{"SingleQuote", "'a'", Kind::kError, "", 0, "double quotes"},
                      Case{"Minus", "-a", Kind::kError, "", 0, R"(unexpected character "-")"},
                      Case{"Less", "<a", Kind::kError, "", 0, R"(unexpected character "<")"},
                      Case{"ByteOrderMark", "\xef\xbb\xbfx = 1", Kind::kError, "", 0, "order mark"},
                      Case{"WholeCharacterIsQuoted", "\xc3\xa9", Kind::kError, "", 0,
                           R"("\xc3\xa9")"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Numbers, HclLexerTest,
    ::testing::Values(
        Case{"Zero", "0", Kind::kInteger, "0", 0}, Case{"Decimal", "42", Kind::kInteger, "42", 42},
        Case{"Negative", "-42", Kind::kInteger, "-42", -42},
        Case{"Hex", "0x1F", Kind::kInteger, "0x1F", 31},
        Case{"NegativeHex", "-0X10", Kind::kInteger, "-0X10", -16},
        Case{"Largest", "9223372036854775807", Kind::kInteger, "9223372036854775807",
             9223372036854775807},
        Case{"TooLarge", "9223372036854775808", Kind::kInteger, "", 0, "does not fit 64 bits"},
        Case{"TooNegative", "-9223372036854775809", Kind::kInteger, "", 0, "does not fit 64 bits"},
        Case{"HexTooLarge", "0x10000000000000000", Kind::kInteger, "", 0, "does not fit 64 bits"},
        Case{"LeadingZero", "010", Kind::kInteger, "", 0, "octal"},
        Case{"HexWithoutDigits", "0x", Kind::kInteger, "", 0, "is not a number"},
        Case{"HexWithSign", "0x-1", Kind::kInteger, "", 0, "is not a number"},
        Case{"HexWithText", "0xfg", Kind::kInteger, "", 0, "is not a number"},
        Case{"Fraction", "1.5", Kind::kFloat, "1.5"}, Case{"NoWhole", ".5", Kind::kFloat, ".5"},
        Case{"NoFraction", "1.", Kind::kFloat, "1."}, Case{"Exponent", "1e6", Kind::kFloat, "1e6"},
        Case{"SignedExponent", "-1.5E-3", Kind::kFloat, "-1.5E-3"},
        Case{"NoExponent", "1e", Kind::kFloat, "", 0, "is not a number"},
        Case{"TwoPoints", "1.2.3", Kind::kFloat, "", 0, "is not a number"},
        Case{"Duration", "24h", Kind::kFloat, "", 0, "put it in quotes"},
        Case{"Address", "127.0.0.1:9", Kind::kFloat, "", 0, "put it in quotes"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Strings, HclLexerTest,
    ::testing::Values(
        Case{"Plain", R"("a b")", Kind::kString, "a b"}, Case{"NoText", R"("")", Kind::kString},
        Case{"Utf8", "\"\xc3\xa9\"", Kind::kString, "\xc3\xa9"},
        Case{"Simple", R"("\a\b\f\n\r\t\v\\\"")", Kind::kString, "\a\b\f\n\r\t\v\\\""},
        Case{"Hex", R"("\x41\x7e")", Kind::kString, "A~"},
        Case{"HexBytesOfOneCharacter", R"("\xc3\xa9")", Kind::kString, "\xc3\xa9"},
        Case{"Octal", R"("\101\176")", Kind::kString, "A~"},
        Case{"OctalTakesThreeDigits", R"("\0611")", Kind::kString, "11"},
        Case{"ShortUnicode", R"("\u00e9\u20ac")", Kind::kString, "\xc3\xa9\xe2\x82\xac"},
        Case{"LongUnicode", R"("\U0001F600")", Kind::kString, "\xf0\x9f\x98\x80"},
        Case{"HashIsNoComment", R"("a # b // c")", Kind::kString, "a # b // c"},
        Case{"DollarAlone", R"("$5 $")", Kind::kString, "$5 $"},
        Case{"Braces", R"("{a}")", Kind::kString, "{a}"},
        Case{"HexNotUtf8", R"("\xff")", Kind::kString, "", 0, "valid UTF-8"},
        Case{"OctalNotUtf8", R"("\377")", Kind::kString, "", 0, "valid UTF-8"},
        Case{"Nul", R"("\x00")", Kind::kString, "", 0, "NUL"},
        Case{"UnicodeNul", R"("\u0000")", Kind::kString, "", 0, "NUL"},
        Case{"OctalTooLarge", R"("\400")", Kind::kString, "", 0, "at most \\377"},
        Case{"Surrogate", R"("\ud800")", Kind::kString, "", 0, "no Unicode character"},
        Case{"BeyondUnicode", R"("\U00110000")", Kind::kString, "", 0, "no Unicode character"},
        Case{"LacksDigits", R"("\x4")", Kind::kString, "", 0, "lacks digits"},
        Case{"LacksOctalDigits", R"("\08")", Kind::kString, "", 0, "lacks digits"},
        Case{"UnknownEscape", R"("\q")", Kind::kString, "", 0, "written twice"},
        Case{"SingleQuoteEscape", R"("\'")", Kind::kString, "", 0, "unknown escape"},
        Case{"SlashEscape", R"("\/")", Kind::kString, "", 0, "unknown escape"},
        Case{"Interpolation", R"("a${b}")", Kind::kString, "", 0, "interpolation"},
        Case{"QuotesInInterpolation", R"("${f("a")}" x)", Kind::kString, "", 0, "interpolation"},
        Case{"OpenInterpolation", R"("${a")", Kind::kError, "", 0, "no closing quote"},
        Case{"Open", "\"a", Kind::kError, "", 0, "no closing quote"},
        Case{"OpenAfterEscape", "\"a\\", Kind::kError, "", 0, "no closing quote"},
        Case{"OverTwoLines", "\"a\nb\"", Kind::kError, "", 0, "no closing quote"},
        Case{"EscapedLineEnd", "\"a\\\nb\"", Kind::kError, "", 0, "no closing quote"},
        Case{"Longest", "\"" + std::string(kMaxHclStringBytes, 'a') + "\"", Kind::kString,
             std::string(kMaxHclStringBytes, 'a')},
        Case{"TooLong", "\"" + std::string(kMaxHclStringBytes + 1, 'a') + "\"", Kind::kString, "",
             0, "at most 16384 bytes, got 16385"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Heredocs, HclLexerTest,
    ::testing::Values(
        Case{"Lines", "<<EOB\na\n  b\nEOB\n", Kind::kString, "a\n  b\n"},
        Case{"None", "<<EOB\nEOB\n", Kind::kString, ""},
        Case{"EndsWithTheText", "<<EOB\na\nEOB", Kind::kString, "a\n"},
        Case{"WindowsLines", "<<EOB\r\na\r\nEOB\r\n", Kind::kString, "a\n"},
        Case{"NoEscapes", "<<EOB\na\\n\"#\nEOB\n", Kind::kString, "a\\n\"#\n"},
        Case{"AnchorInText", "<<EOB\nEOB x\nxEOB\nEOB\n", Kind::kString, "EOB x\nxEOB\n"},
        // HCL keeps the white space before the closing anchor. So do we.
        Case{"IndentedAnchor", "<<EOB\na\n  EOB\n", Kind::kString, "a\n  "},
        Case{"Stripped", "<<-EOB\n    a\n      b\n    EOB\n", Kind::kString, "a\n  b\n"},
        Case{"StrippedTabs", "<<-EOB\n\ta\n\tEOB\n", Kind::kString, "a\n"},
        Case{"NotStrippedIfALineIsLess", "<<-EOB\n  a\n b\n  EOB\n", Kind::kString, "  a\n b\n"},
        Case{"NotStrippedWithoutIndent", "<<-EOB\n  a\nEOB\n", Kind::kString, "  a\n"},
        Case{"Interpolation", "<<EOB\n${a}\nEOB\n", Kind::kString, "", 0, "interpolation"},
        Case{"Open", "<<EOB\na\nEO", Kind::kError, "", 0, R"(no closing line "EOB")"},
        Case{"NoAnchor", "<<\na\n", Kind::kError, "", 0, "one word"},
        Case{"NoAnchorStripped", "<<-\na\n", Kind::kError, "", 0, "one word"},
        Case{"StrangeAnchor", "<<E B\na\nE B\n", Kind::kError, "", 0, "one word"},
        Case{"AnchorTooLong", "<<" + std::string(65, 'A') + "\n", Kind::kError, "", 0,
             "at most 64"},
        Case{"TooLong", "<<E\n" + std::string(kMaxHclStringBytes, 'a') + "\nE\n", Kind::kString, "",
             0, "at most 16384 bytes"}),
    [](const auto& test) { return test.param.name; });

TEST(HclLexerTest, CountsLinesAndCharactersNotBytes) {
  HclLexer lexer("\"\xc3\xa9\xe2\x82\xac\" a\n\tb\r\nc");
  EXPECT_EQ(lexer.Next().at, (Position{1, 1}));
  EXPECT_EQ(lexer.Next().at, (Position{1, 6}));
  EXPECT_EQ(lexer.Next().at, (Position{2, 2}));
  EXPECT_EQ(lexer.Next().at, (Position{3, 1}));
  EXPECT_EQ(lexer.Next().at, (Position{3, 2}));
}

TEST(HclLexerTest, NamesTheStartOfAStringThatIsNotClosed) {
  HclLexer lexer("a = \"b\n");
  lexer.Next();
  lexer.Next();
  EXPECT_EQ(lexer.Next().at, (Position{1, 5}));
}

TEST(HclLexerTest, CutsPunctuation) {
  HclLexer lexer("={}[],");
  std::vector<Kind> kinds;
  for (int i = 0; i < 7; ++i) kinds.push_back(lexer.Next().kind);
  EXPECT_THAT(kinds, ::testing::ElementsAre(Kind::kAssign, Kind::kLeftBrace, Kind::kRightBrace,
                                            Kind::kLeftBracket, Kind::kRightBracket, Kind::kComma,
                                            Kind::kEnd));
}

TEST(HclLexerTest, StaysAtTheEndAfterAnError) {
  HclLexer lexer("% a");
  EXPECT_EQ(lexer.Next().kind, Kind::kError);
  EXPECT_EQ(lexer.Next().kind, Kind::kEnd);
  EXPECT_EQ(lexer.Next().kind, Kind::kEnd);
}

TEST(HclLexerTest, DescribesEveryKindOfToken) {
  HclLexer lexer("a \"b\" 1 1.5 true false = , { } [ ] %");
  std::vector<std::string> texts;
  for (int i = 0; i < 14; ++i) texts.push_back(DescribeToken(lexer.Next()));
  EXPECT_THAT(texts,
              ::testing::ElementsAre(R"(the word "a")", R"(the string "b")", R"(the number "1")",
                                     R"(the number "1.5")", "true", "false", R"("=")", R"(",")",
                                     R"("{")", R"("}")", R"("[")", R"("]")",
                                     R"(unexpected character "%")", "the end of the text"));
}

}  // namespace
}  // namespace svidence::config
