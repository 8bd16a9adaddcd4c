#include "plugin/core/config/hcl.h"

#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/json.h"

namespace svidence::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One line: a=1 b="x" l=[true,2] t{c=1.5}
std::string Dump(const HclValue& value) {
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return std::to_string(*number);
  if (const auto* number = std::get_if<HclFloat>(&value.data)) return number->text;
  std::string text;
  if (const auto* string = std::get_if<std::string>(&value.data)) {
    AppendJsonString(text, *string);
    return text;
  }
  for (const HclValue& one : std::get<std::vector<HclValue>>(value.data)) {
    text += (text.empty() ? "" : ",") + Dump(one);
  }
  return "[" + text + "]";
}

std::string Dump(const std::vector<HclItem>& items) {
  std::string text;
  for (const HclItem& item : items) {
    text += (text.empty() ? "" : " ") + item.key + "=" + Dump(item.value);
  }
  return text;
}

std::string Dump(const HclDocument& document) {
  std::string text = Dump(document.items);
  for (const HclBlock& block : document.blocks) {
    text += (text.empty() ? "" : " ") + block.name + "{" + Dump(block.items) + "}";
  }
  return text;
}

std::vector<std::string> Texts(const HclResult& result) {
  std::vector<std::string> texts;
  for (const Note& note : result.notes) texts.push_back(NoteText(note));
  return texts;
}

struct Case {
  std::string name;
  std::string text;
  std::string want;  // Dump of the document
};

class HclReadsTest : public ::testing::TestWithParam<Case> {};

TEST_P(HclReadsTest, WithoutNotes) {
  const HclResult result = ParseHcl(GetParam().text);
  EXPECT_THAT(Texts(result), IsEmpty());
  EXPECT_EQ(Dump(result.document), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    All, HclReadsTest,
    ::testing::Values(
        Case{"Empty", "", ""}, Case{"OnlyComments", "# a\n/* b */ // c", ""},
        Case{"Pairs", "a = 1\nb = \"x\"\nc = true\n", "a=1 b=\"x\" c=true"},
        Case{"NoSpaces", "a=1", "a=1"}, Case{"OneLine", "a = 1 b = 2, c = 3,", "a=1 b=2 c=3"},
        Case{"ValueOnTheNextLine", "a =\n  # why\n  1", "a=1"},
        Case{"AssignOnTheNextLine", "a\n= 1", "a=1"}, Case{"QuotedKey", R"("a" = 1)", "a=1"},
        Case{"EscapedKey", R"("\u0061b" = 1)", "ab=1"},
        Case{"List", R"(a = ["x", 2, true, 1.5])", "a=[\"x\",2,true,1.5]"},
        Case{"EmptyList", "a = []", "a=[]"},
        Case{"TrailingComma", "a = [\n  1,\n  2, # two\n]", "a=[1,2]"},
        Case{"Block", "t {\n  c = 1\n}", "t{c=1}"},
        Case{"AssignedBlock", "t = {\n  c = 1\n}", "t{c=1}"},
        Case{"QuotedBlock", "\"t\" {\n  c = 1\n}", "t{c=1}"},
        Case{"JsonBlock", "\"t\" = {\n  \"c\" = 1\n\n  \"d\" = 2\n}", "t{c=1 d=2}"},
        Case{"EmptyBlock", "t {}", "t{}"},
        Case{"BlockOnOneLine", "t { c = 1, d = 2 }", "t{c=1 d=2}"},
        Case{"BlockThenPair", "t {} a = 1", "a=1 t{}"},
        Case{"SameKeyInTwoBlocks", "t { c = 1 } u { c = 2 } c = 3", "c=3 t{c=1} u{c=2}"},
        Case{"Heredoc", "a = <<E\nx\nE\nb = 1", "a=\"x\\u000a\" b=1"},
        Case{"HeredocAtTheEnd", "a = <<E\nx\nE", "a=\"x\\u000a\""},
        Case{"LongestKey", std::string(64, 'a') + " = 1", std::string(64, 'a') + "=1"}),
    [](const auto& test) { return test.param.name; });

struct NoteCase {
  std::string name;
  std::string text;
  std::vector<std::string> notes;
};

class HclNotesTest : public ::testing::TestWithParam<NoteCase> {};

TEST_P(HclNotesTest, NamesPlaceKeyAndProblem) {
  EXPECT_THAT(Texts(ParseHcl(GetParam().text)), ::testing::ElementsAreArray(GetParam().notes));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, HclNotesTest,
    ::testing::Values(
        NoteCase{"NoValue", "a =", {R"(1:4: a: expected a value, got the end of the text)"}},
        // JSON's null, as SPIRE re-prints it.
        NoteCase{
            "Null",
            "\"a\" = \n\n\"b\" = 1",
            {R"(3:5: expected a key, got "="; is the value before it missing? null is no value)"}},
        NoteCase{
            "NullAtTheEnd", "\"a\" = \n", {"2:1: a: expected a value, got the end of the text"}},
        NoteCase{"NullInABlock", "t {\n  a = \n}", {R"(3:1: t.a: expected a value, got "}")"}},
        NoteCase{"NoAssign",
                 "a 1",
                 {R"(1:3: a: expected "=" or "{" behind this key, got the number "1")"}},
        NoteCase{"KeyAlone",
                 "a",
                 {R"(1:2: a: expected "=" or "{" behind this key, got the end of the text)"}},
        // plugin_data = "text"
        NoteCase{
            "OnlyAString",
            R"("some text")",
            {R"(1:12: "some text": expected "=" or "{" behind this key, got the end of the text)"}},
        NoteCase{"OuterBraces",
                 "{ a = 1 }",
                 {R"(1:1: expected a key, got "{"; leave out the outer braces)"}},
        NoteCase{"NumberAsKey", "1 = a", {R"(1:1: expected a key, got the number "1")"}},
        NoteCase{"BoolAsKey", "true = 1", {"1:1: expected a key, got true"}},
        NoteCase{"CloseWithoutOpen", "a = 1\n}", {R"(2:1: expected a key, got "}")"}},
        NoteCase{
            "BareWord",
            "a = b",
            {R"(1:5: a: expected a value, got the word "b"; if it is meant as text, put it in quotes)"}},
        NoteCase{"BadCharacter", "a = 1\n  % b", {R"(2:3: unexpected character "%")"}},
        NoteCase{"OpenBlock", "a = 1\nt {\n  c = 1", {R"(2:1: block "t" has no closing "}")"}},
        NoteCase{"OpenList", "a = [1,", {"1:8: a: expected a value, got the end of the text"}},
        NoteCase{"NoComma",
                 "a = [1 2]",
                 {R"(1:8: a: expected "," or "]" in this list, got the number "2")"}},
        NoteCase{"TwoCommas", "a = [1,,2]", {R"(1:8: a: expected a value, got ",")"}},
        NoteCase{"OnlyComma", "a = [,]", {R"(1:6: a: expected a value, got ",")"}},
        NoteCase{"TwoAssigns", "a = = 1", {R"(1:5: a: expected a value, got "=")"}},
        NoteCase{"LabelWithoutBlock",
                 "a b = 1",
                 {R"(1:5: a: expected "=" or "{" behind this key, got "=")"}}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Meaning, HclNotesTest,
    ::testing::Values(
        NoteCase{"SetTwice", "a = 1\na = 2", {"2:1: a: set twice; first in line 1"}},
        NoteCase{
            "SetTwiceInBothSpellings", "a = 1\n\"a\" = 2", {"2:1: a: set twice; first in line 1"}},
        NoteCase{"ValueAndBlock", "a = 1\na {}", {"2:1: a: set twice; first in line 1"}},
        NoteCase{
            "SetTwiceInABlock", "t {\n c = 1\n c = 2\n}", {"3:2: t.c: set twice; first in line 2"}},
        // A JSON list of objects, as SPIRE re-prints it.
        NoteCase{"BlockTwice", "t {}\nt {}", {"2:1: t: set twice; first in line 1"}},
        NoteCase{"Label",
                 "policy \"low\" {\n  max = 1\n}\na = 1",
                 {R"(1:1: policy: a block with the label "low" is not supported)"}},
        NoteCase{"BlockInABlock",
                 "t {\n  u {\n    v = 1\n  }\n  w = 1\n}",
                 {"2:3: t.u: a block in a block is not supported"}},
        NoteCase{"AssignedBlockInABlock",
                 "t = {\n  u = {\n    v = 1\n  }\n}",
                 {"2:3: t.u: a block in a block is not supported"}},
        NoteCase{"ListInAList",
                 "a = [[1], 2]",
                 {"1:6: a: a list holds strings, numbers, true and false only"}},
        NoteCase{"BlockInAList",
                 "a = [\n  {\n    b = 1\n  },\n]",
                 {"2:3: a: a list holds strings, numbers, true and false only"}},
        NoteCase{"OpenNested",
                 "t { u { v = 1 }",
                 {"1:5: t.u: a block in a block is not supported",
                  R"(1:1: block "t" has no closing "}")"}},
        NoteCase{"OpenSkipped",
                 "a = [[1",
                 {"1:6: a: a list holds strings, numbers, true and false only",
                  "1:8: expected a closing bracket, got the end of the text"}},
        NoteCase{
            "BadStringKeepsReading",
            "a = \"\\q\"\nb = \"${x}\"",
            {R"(1:5: a: unknown escape "\\q"; a backslash itself is written twice)",
             R"(2:5: b: "${" is interpolation, which is not supported: write the value itself, or start SPIRE with -expandEnv)"}},
        NoteCase{"BadValueInAList",
                 "a = [\n  1,\n  010,\n]",
                 {R"(3:3: a: a leading zero makes "010" octal in HCL; leave it out)"}},
        NoteCase{"BadKey", R"("\xff" = 1)", {"1:1: the string's escapes do not make valid UTF-8"}},
        NoteCase{"NewLineInAKey",
                 R"("a\nb" "c" {})",
                 {R"(1:1: "a\x0ab": a block with the label "c" is not supported)"}},
        NoteCase{"NulByte",
                 std::string("a = 1\n\xc3\xa9 \0", 10),
                 {"2:3: the text holds a NUL character"}},
        NoteCase{"NotUtf8", "a = \"\xc3\xa9\xff\"", {"1:7: the text is not valid UTF-8 here"}},
        NoteCase{"CutUtf8", "a\xe2\x82", {"1:2: the text is not valid UTF-8 here"}},
        NoteCase{"OverlongUtf8", "\xc0\xaf", {"1:1: the text is not valid UTF-8 here"}}),
    [](const auto& test) { return test.param.name; });

TEST(HclTest, KeepsWhatCanBeReadBesideANote) {
  EXPECT_EQ(Dump(ParseHcl("a = 1\nu \"x\" { y = 1 }\nt { v { } c = 2 }").document), "a=1 t{c=2}");
}

TEST(HclTest, KeepsTheFirstOfTwo) {
  EXPECT_EQ(Dump(ParseHcl("a = 1 a = 2 t { c = 1 } t { c = 2 }").document), "a=1 t{c=1}");
}

TEST(HclTest, GivesThePlaceOfKeysAndValues) {
  const HclDocument document = ParseHcl("\n  a = \"x\"\nt {\n\tb = [1,\n2]\n}").document;
  ASSERT_THAT(document.items, SizeIs(1));
  EXPECT_EQ(document.items[0].key_at, (Position{2, 3}));
  EXPECT_EQ(document.items[0].value.at, (Position{2, 7}));
  ASSERT_THAT(document.blocks, SizeIs(1));
  EXPECT_EQ(document.blocks[0].at, (Position{3, 1}));
  ASSERT_THAT(document.blocks[0].items, SizeIs(1));
  EXPECT_EQ(document.blocks[0].items[0].key_at, (Position{4, 2}));
  EXPECT_EQ(document.blocks[0].items[0].value.at, (Position{4, 6}));
  const auto& list = std::get<std::vector<HclValue>>(document.blocks[0].items[0].value.data);
  EXPECT_EQ(list[1].at, (Position{5, 1}));
}

TEST(HclTest, TakesTextsUpToTheBound) {
  EXPECT_THAT(Texts(ParseHcl("#" + std::string(kMaxHclBytes - 1, 'a'))), IsEmpty());
  EXPECT_THAT(Texts(ParseHcl("#" + std::string(kMaxHclBytes, 'a'))),
              ElementsAre("1:1: the text may have at most 262144 bytes, got 262145"));
}

std::string ManyKeys(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "k" + std::to_string(i) + " = 1\n";
  return text;
}

TEST(HclTest, TakesKeysUpToTheBound) {
  EXPECT_THAT(Texts(ParseHcl(ManyKeys(kMaxHclItems))), IsEmpty());
  EXPECT_THAT(Texts(ParseHcl(ManyKeys(kMaxHclItems + 1))),
              ElementsAre("257:1: k256: more than 256 keys"));
}

TEST(HclTest, TakesKeysOfABlockUpToTheBound) {
  EXPECT_THAT(Texts(ParseHcl("t {\n" + ManyKeys(kMaxHclItems) + "}")), IsEmpty());
  EXPECT_THAT(Texts(ParseHcl("t {\n" + ManyKeys(kMaxHclItems + 1) + "}")),
              ElementsAre("258:1: t.k256: more than 256 keys"));
}

std::string LongList(std::size_t count) {
  std::string text = "a = [";
  for (std::size_t i = 0; i < count; ++i) text += "1,";
  return text + "]";
}

TEST(HclTest, TakesListsUpToTheBound) {
  EXPECT_THAT(Texts(ParseHcl(LongList(kMaxHclItems))), IsEmpty());
  EXPECT_THAT(Texts(ParseHcl(LongList(kMaxHclItems + 1))),
              ElementsAre("1:5: a: more than 256 values"));
}

TEST(HclTest, RefusesAKeyOverTheBound) {
  EXPECT_THAT(Texts(ParseHcl(std::string(65, 'a') + " = 1")),
              ElementsAre("1:1: a key may have at most 64 bytes, got 65"));
}

TEST(HclTest, StopsAfterTheMostNotesThatAreListed) {
  std::string duplicates;
  for (int i = 0; i < 1000; ++i) duplicates += "a = 1\n";
  EXPECT_THAT(ParseHcl(duplicates).notes, SizeIs(kMaxNotes + 1));
  std::string nested = "a = [";
  for (int i = 0; i < 1000; ++i) nested += "[],";
  EXPECT_THAT(ParseHcl(nested + "]").notes, SizeIs(kMaxNotes + 1));
}

TEST(HclTest, IsNotExhaustedByDeepNesting) {
  const std::string open(kMaxHclBytes - 4, '[');
  EXPECT_THAT(Texts(ParseHcl("a = " + open)),
              ElementsAre(HasSubstr("a list holds"), HasSubstr("expected a closing bracket")));
}

}  // namespace
}  // namespace svidence::config
