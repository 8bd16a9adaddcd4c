#include "plugin/core/config/settings_reader.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/config/hcl.h"
#include "plugin/core/config/note.h"

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<std::string_view, 3> kColours = {"red", "green", "blue"};

class SettingsReaderTest : public ::testing::Test {
 protected:
  SettingsReader Read(std::string_view text, std::string_view block = "") {
    document_ = ParseHcl(text).document;
    notes_.clear();
    return {document_, block, notes_};
  }
  std::vector<std::string> Notes() const { return NoteTexts(notes_); }

  HclDocument document_;
  std::vector<Note> notes_;
};

TEST_F(SettingsReaderTest, GivesDefaultsForAbsentKeysWithoutANote) {
  SettingsReader reader = Read("");
  EXPECT_TRUE(reader.Bool("k", true));
  EXPECT_EQ(reader.Integer("k", 7, 1, 9), 7);
  EXPECT_EQ(reader.String("k", "x"), "x");
  EXPECT_EQ(reader.Enum("k", "red", kColours), "red");
  EXPECT_EQ(reader.Duration("k", seconds(5), seconds(1), seconds(9)), seconds(5));
  EXPECT_EQ(reader.Size("k", 5, 1, 9), 5U);
  EXPECT_THAT(reader.EnumList("k", kColours), ElementsAre("red", "green", "blue"));
  EXPECT_EQ(reader.Path("k", "/x", 99), "/x");
  EXPECT_EQ(Read("", "metrics").Listen("listen"), std::nullopt);
  EXPECT_FALSE(reader.Has("k"));
  EXPECT_THAT(Notes(), IsEmpty());
}

TEST_F(SettingsReaderTest, ReadsEveryType) {
  SettingsReader reader = Read(R"(
    b = false
    i = 9
    s = "x"
    e = "blue"
    d = "1m30s"
    z = "4KiB"
    l = ["blue", "red"]
    p = "/a/b/"
    a = "unix:/run/x")");
  EXPECT_FALSE(reader.Bool("b", true));
  EXPECT_EQ(reader.Integer("i", 7, 1, 9), 9);
  EXPECT_EQ(reader.String("s", "y"), "x");
  EXPECT_EQ(reader.Enum("e", "red", kColours), "blue");
  EXPECT_EQ(reader.Duration("d", seconds(5), seconds(1), seconds(90)), seconds(90));
  EXPECT_EQ(reader.Size("z", 5, 1, 4096), 4096U);
  EXPECT_THAT(reader.EnumList("l", kColours), ElementsAre("red", "blue"));
  EXPECT_EQ(reader.Path("p", "/x", 99), "/a/b");
  EXPECT_EQ(reader.Listen("a"), (ListenAddress{.unix_path = "/run/x", .host = "", .port = 0}));
  EXPECT_TRUE(reader.Has("b"));
  EXPECT_THAT(Notes(), IsEmpty());
}

TEST_F(SettingsReaderTest, NotesAWrongTypeAndGivesTheDefault) {
  SettingsReader reader = Read("k = [1]");
  EXPECT_TRUE(reader.Bool("k", true));
  EXPECT_EQ(reader.Integer("k", 7, 1, 9), 7);
  EXPECT_EQ(reader.String("k", "x"), "x");
  EXPECT_EQ(reader.Enum("k", "red", kColours), "red");
  EXPECT_EQ(reader.Duration("k", seconds(5), seconds(1), seconds(9)), seconds(5));
  EXPECT_EQ(reader.Size("k", 5, 1, 9), 5U);
  EXPECT_EQ(reader.Path("k", "/x", 99), "/x");
  EXPECT_EQ(reader.Listen("k"), std::nullopt);
  EXPECT_THAT(Notes(),
              ElementsAre("1:5: k: must be true or false, got a list",
                          "1:5: k: must be a whole number in 1..9, got a list",
                          "1:5: k: must be a string, got a list",
                          R"(1:5: k: must be one of "red", "green", "blue", got a list)",
                          R"(1:5: k: must be a duration such as "1m30s", got a list)",
                          R"(1:5: k: must be a size such as "512MiB", got a list)",
                          "1:5: k: must be a string: an absolute path, got a list",
                          R"(1:5: k: must be an address such as "127.0.0.1:9988", got a list)"));
}

TEST_F(SettingsReaderTest, SaysWhereQuotesAreWrongOrMissing) {
  SettingsReader reader = Read(R"(b = "true" i = "5" t = "five" s = 5 f = 1.5 l = 1 m = true)");
  reader.Bool("b", false);
  reader.Integer("i", 7, 1, 9);
  reader.Integer("t", 7, 1, 9);
  reader.String("s", "");
  reader.Integer("f", 7, 1, 9);
  reader.EnumList("l", kColours);
  reader.String("m", "");
  EXPECT_THAT(
      Notes(),
      ElementsAre(
          R"(1:5: b: must be true or false, got the string "true"; leave out the quotes)",
          R"(1:16: i: must be a whole number in 1..9, got the string "5"; leave out the quotes)",
          R"(1:24: t: must be a whole number in 1..9, got the string "five")",
          "1:35: s: must be a string, got the number 5; put the value in quotes",
          R"(1:41: f: must be a whole number in 1..9, got the number "1.5")",
          R"(1:49: l: must be a list such as ["a", "b"], got the number 1)",
          "1:55: m: must be a string, got true; put the value in quotes"));
}

TEST_F(SettingsReaderTest, TakesValuesAtTheBoundsAndNotesThoseBeyond) {
  SettingsReader reader =
      Read(R"(i = 1 j = 9 k = 0 l = 10 c = "1s" d = "9s" e = "999ms" f = "9001ms"
                                  w = "1B" x = "9B" y = "0B" z = "10B")");
  EXPECT_EQ(reader.Integer("i", 7, 1, 9), 1);
  EXPECT_EQ(reader.Integer("j", 7, 1, 9), 9);
  EXPECT_EQ(reader.Duration("c", seconds(5), seconds(1), seconds(9)), seconds(1));
  EXPECT_EQ(reader.Duration("d", seconds(5), seconds(1), seconds(9)), seconds(9));
  EXPECT_EQ(reader.Size("w", 5, 1, 9), 1U);
  EXPECT_EQ(reader.Size("x", 5, 1, 9), 9U);
  EXPECT_THAT(Notes(), IsEmpty());
  EXPECT_EQ(reader.Integer("k", 7, 1, 9), 7);
  EXPECT_EQ(reader.Integer("l", 7, 1, 9), 7);
  EXPECT_EQ(reader.Duration("e", seconds(5), seconds(1), seconds(9)), seconds(5));
  EXPECT_EQ(reader.Duration("f", seconds(5), seconds(1), seconds(9)), seconds(5));
  EXPECT_EQ(reader.Size("y", 5, 1, 9), 5U);
  EXPECT_EQ(reader.Size("z", 5, 1, 9), 5U);
  EXPECT_THAT(
      Notes(),
      ElementsAre("1:17: k: must be in 1..9, got 0", "1:23: l: must be in 1..9, got 10",
                  "1:48: e: must be in 1s..9s, got 999ms", "1:60: f: must be in 1s..9s, got 9s1ms",
                  "2:57: y: must be in 1B..9B, got 0B", "2:66: z: must be in 1B..9B, got 10B"));
}

TEST_F(SettingsReaderTest, NotesMalformedText) {
  SettingsReader reader = Read(R"(d = "1d" z = "1MB" p = "x" e = "pink" a = "*:1")");
  reader.Duration("d", seconds(5), seconds(1), seconds(9));
  reader.Size("z", 5, 1, 9);
  reader.Path("p", "/x", 99);
  reader.Enum("e", "red", kColours);
  reader.Listen("a");
  EXPECT_EQ(Notes().size(), 5U);
  EXPECT_EQ(Notes()[2], R"(1:24: p: a path must be absolute, got "x")");
  EXPECT_EQ(Notes()[3], R"(1:32: e: must be one of "red", "green", "blue", got "pink")");
}

TEST_F(SettingsReaderTest, NotesEachWrongValueOfAListAtItsOwnPlace) {
  SettingsReader reader = Read("k = [\"red\",\n \"gren\",\n \"mauve-ish\",\n 5,\n \"red\"]");
  EXPECT_THAT(reader.EnumList("k", kColours), ElementsAre("red"));
  EXPECT_THAT(Notes(),
              ElementsAre(R"(2:2: k: unknown value "gren"; did you mean "green"?)",
                          R"(3:2: k: unknown value "mauve-ish"; known are "red", "green", "blue")",
                          "4:2: k: must hold strings, got the number 5; put the value in quotes",
                          R"(5:2: k: names "red" twice)"));
}

TEST_F(SettingsReaderTest, NotesAnEmptyList) {
  SettingsReader reader = Read("k = []");
  EXPECT_THAT(reader.EnumList("k", kColours), IsEmpty());
  EXPECT_THAT(Notes(), ElementsAre(R"(1:5: k: must name at least one of "red", "green", "blue")"));
}

TEST_F(SettingsReaderTest, ReadsABlockUnderItsName) {
  SettingsReader reader = Read("i = 1\nt {\n  i = 2\n  k = 99\n}", "t");
  EXPECT_EQ(reader.Integer("i", 7, 1, 9), 2);
  EXPECT_EQ(reader.Integer("k", 7, 1, 9), 7);
  EXPECT_THAT(Notes(), ElementsAre("4:7: t.k: must be in 1..9, got 99"));
}

TEST_F(SettingsReaderTest, PlacesAProblemOfAnAbsentKeyAtItsBlock) {
  Read("\n\n  metrics {}", "metrics").Listen("listen");
  EXPECT_THAT(Notes(), ElementsAre("3:3: metrics.listen: required in this block"));
}

TEST_F(SettingsReaderTest, QuotesHostileText) {
  SettingsReader reader = Read("k = \"\\n{\\\"@level\\\":5}\"");
  reader.Bool("k", false);
  EXPECT_THAT(Notes(),
              ElementsAre(R"(1:5: k: must be true or false, got the string "\x0a{\"@level\":5}")"));
}

constexpr std::array<KeyDoc, 4> kKeys = {
    {{"ledger_dir", ""}, {"oid", ""}, {"trust.score", ""}, {"metrics.listen", ""}}};

struct UnknownCase {
  std::string name;
  std::string text;
  std::vector<std::string> notes;
};

class UnknownKeysTest : public ::testing::TestWithParam<UnknownCase> {};

TEST_P(UnknownKeysTest, AreNotedWithTheNearestName) {
  std::vector<Note> notes;
  NoteUnknownKeys(ParseHcl(GetParam().text).document, kKeys, notes);
  EXPECT_THAT(NoteTexts(notes), ::testing::ElementsAreArray(GetParam().notes));
}

INSTANTIATE_TEST_SUITE_P(
    All, UnknownKeysTest,
    ::testing::Values(
        UnknownCase{"NoneUnknown", "ledger_dir = 1 oid = 1 trust { score = 1 } metrics {}", {}},
        UnknownCase{"Misspelt",
                    "ledgerdir = 1",
                    {R"(1:1: ledgerdir: unknown key; did you mean "ledger_dir"?)"}},
        UnknownCase{
            "Nothing",
            "colour = 1",
            {R"(1:1: colour: unknown key; known are "ledger_dir", "oid", "trust", "metrics")"}},
        UnknownCase{
            "OtherLevel", "score = 1", {R"(1:1: score: unknown key; did you mean "trust.score"?)"}},
        UnknownCase{"OtherBlock",
                    "trust { listen = 1 }",
                    {R"(1:9: trust.listen: unknown key; did you mean "metrics.listen"?)"}},
        UnknownCase{"MisspeltInABlock",
                    "trust { scores = 1 }",
                    {R"(1:9: trust.scores: unknown key; did you mean "trust.score"?)"}},
        UnknownCase{"NothingInABlock",
                    "trust { x = 1 }",
                    {R"(1:9: trust.x: unknown key; known are "trust.score")"}},
        UnknownCase{
            "MisspeltBlock", "trst {}", {R"(1:1: trst: unknown block; did you mean "trust"?)"}},
        UnknownCase{"MisspeltAtAnotherLevel",
                    "scor = 1",
                    {R"(1:1: scor: unknown key; did you mean "trust.score"?)"}},
        UnknownCase{"BlockAsValue", "trust = 1", {"1:1: trust: must be a block: trust { ... }"}},
        UnknownCase{
            "ValueAsBlock", "oid {}", {"1:1: oid: must be a value, got a block: oid = ..."}},
        UnknownCase{
            "HostileName",
            "\"a\\nb\" = 1",
            {R"(1:1: "a\x0ab": unknown key; known are "ledger_dir", "oid", "trust", "metrics")"}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace svidence::config
