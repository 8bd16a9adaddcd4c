#include "plugin/core/ledger/note/signed_note.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/vkey.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

// "AAAAAQI=" is key ID 1 and the one byte 2.
const std::string kLine = "\xe2\x80\x94 example.com/foo AAAAAQI=\n";
const NoteSignature kSignature{.name = "example.com/foo", .key_id = 1, .bytes = "\x02"};

TEST(SignedNoteTest, ReadsAndWritesWhatOthersWrote) {
  for (const std::string_view name :
       {"example.note", "sigsum.checkpoint", "c2sp.checkpoint", "go.checkpoint"}) {
    const std::string golden = ReadGolden("ledger/note/" + std::string(name));
    const StatusOr<SignedNote> note = ParseNote(golden);
    ASSERT_TRUE(note.ok()) << name << note.status();
    EXPECT_THAT(FormatNote(*note), IsOkAndHolds(golden)) << name;
  }
  const StatusOr<SignedNote> note = ParseNote(ReadGolden("ledger/note/example.note"));
  EXPECT_EQ(note->text, "This is an example message.\n");
  ASSERT_EQ(note->signatures.size(), 1U);
  EXPECT_EQ(note->signatures[0].name, "example.com/foo");
  EXPECT_EQ(note->signatures[0].key_id, 0x530d903aU);
  EXPECT_EQ(note->signatures[0].bytes.size(), 64U);
}

TEST(SignedNoteTest, IsSplitAtItsLastEmptyLine) {
  const std::string text = "a\n\n" + kLine + "\n\nb\n\n";
  EXPECT_THAT(ParseNote(text + '\n' + kLine + kLine),
              IsOkAndHolds(SignedNote{.text = text, .signatures = {kSignature, kSignature}}));
}

TEST(SignedNoteTest, KeepsLinesOfKeysThatWeCannotRead) {
  const std::string line = "\xe2\x80\x94 zeuge.example/\xc3\xa4 AAAAAQID\n";
  const StatusOr<SignedNote> note = ParseNote("a\n\n" + line);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(note->signatures[0].bytes, "\x02\x03");
  EXPECT_THAT(FormatNote(*note), IsOkAndHolds("a\n\n" + line));
}

struct Case {
  const char* name;
  std::string note;
};
class BadNoteTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadNoteTest, IsRefused) {
  EXPECT_THAT(ParseNote(GetParam().note), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadNoteTest,
    ::testing::Values(
        Case{"Empty", ""}, Case{"NoSignatures", "a\n\n"}, Case{"NoEmptyLine", "a\n" + kLine},
        Case{"NoText", "\n" + kLine}, Case{"OnlyLineFeeds", "\n\n\n"},
        Case{"NoLastLineFeed", "a\n\n" + kLine.substr(0, kLine.size() - 1)},
        Case{"LineFeedTooMany", "a\n\n" + kLine + '\n'},
        Case{"TextBehind", "a\n\n" + kLine + "b\n"}, Case{"CarriageReturns", "a\r\n\r\n" + kLine},
        Case{"CarriageReturnInLine", "a\n\n\xe2\x80\x94 x AAAAAQI=\r\n"},
        Case{"Tab", "a\tb\n\n" + kLine}, Case{"Nul", std::string("a\0b\n\n", 5) + kLine},
        Case{"NotUtf8", "\xff\n\n" + kLine}, Case{"OverlongUtf8", "\xc0\xaf\n\n" + kLine},
        Case{"Surrogate", "\xed\xa0\x80\n\n" + kLine},
        Case{"Hyphen", "a\n\n- example.com/foo AAAAAQI=\n"},
        Case{"EnDash", "a\n\n\xe2\x80\x93 example.com/foo AAAAAQI=\n"},
        Case{"NoSpace",
             "a\n\n\xe2\x80\x94"
             "example.com/foo AAAAAQI=\n"},
        Case{"TwoSpaces", "a\n\n\xe2\x80\x94  example.com/foo AAAAAQI=\n"},
        Case{"TwoSpacesBehindName", "a\n\n\xe2\x80\x94 example.com/foo  AAAAAQI=\n"},
        Case{"SpaceBehind", "a\n\n\xe2\x80\x94 example.com/foo AAAAAQI= \n"},
        Case{"NoName", "a\n\n\xe2\x80\x94 AAAAAQI=\n"},
        Case{"EmptyName", "a\n\n\xe2\x80\x94  AAAAAQI=\n"},
        Case{"PlusInName", "a\n\n\xe2\x80\x94 a+b AAAAAQI=\n"},
        Case{"UnicodeSpaceInName",
             "a\n\n\xe2\x80\x94 a\xc2\xa0"
             "b AAAAAQI=\n"},
        Case{"KeyIdOnly", "a\n\n\xe2\x80\x94 x AAAAAQ==\n"},
        Case{"ShortKeyId", "a\n\n\xe2\x80\x94 x AAAA\n"},
        Case{"NoBase64", "a\n\n\xe2\x80\x94 x \n"},
        Case{"Unpadded", "a\n\n\xe2\x80\x94 x AAAAAQI\n"},
        Case{"SpareBits", "a\n\n\xe2\x80\x94 x AAAAAQJ=\n"},
        Case{"Base64Url", "a\n\n\xe2\x80\x94 x AAAAAQ-_\n"},
        Case{"LongName",
             "a\n\n\xe2\x80\x94 " + std::string(kMaxKeyNameBytes + 1, 'x') + " AAAAAQI=\n"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST(SignedNoteTest, BoundsItsLines) {
  std::string note = "a\n\n";
  for (std::size_t i = 0; i < kMaxNoteSignatures; ++i) note += kLine;
  EXPECT_TRUE(ParseNote(note).ok());
  const StatusOr<SignedNote> over = ParseNote(note + kLine);
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over.status()), HasSubstr("at most 64 signature lines"));
}

TEST(SignedNoteTest, BoundsASignature) {
  SignedNote note{.text = "a\n", .signatures = {kSignature}};
  note.signatures[0].bytes.assign(kMaxSignatureBytes, 'x');
  EXPECT_TRUE(FormatNote(note).ok());
  note.signatures[0].bytes += 'x';
  EXPECT_THAT(FormatNote(note), StatusIs(StatusCode::kInvalidArgument));
}

TEST(SignedNoteTest, BoundsTheWhole) {
  const std::string end = "\n\n" + kLine;
  const std::string text(kMaxNoteBytes - end.size(), 'x');
  EXPECT_TRUE(ParseNote(text + end).ok());
  EXPECT_THAT(ParseNote('x' + text + end), StatusIs(StatusCode::kInvalidArgument));
}

TEST(SignedNoteTest, IsNotWrittenIfItCouldNotBeRead) {
  for (const SignedNote& bad :
       {SignedNote{}, SignedNote{.text = "a\n", .signatures = {}},
        SignedNote{.text = "a", .signatures = {kSignature}},
        SignedNote{.text = "", .signatures = {kSignature}},
        SignedNote{.text = "a\r\n", .signatures = {kSignature}},
        SignedNote{.text = "a\n", .signatures = {{.name = "a b", .key_id = 1, .bytes = "x"}}},
        SignedNote{.text = "a\n", .signatures = {{.name = "a\n\nb", .key_id = 1, .bytes = "x"}}},
        SignedNote{.text = "a\n", .signatures = {{.name = "a", .key_id = 1, .bytes = ""}}}}) {
    EXPECT_THAT(FormatNote(bad), StatusIs(StatusCode::kInvalidArgument)) << bad.text;
  }
}

TEST(SignatureLinesTest, StandAlone) {
  EXPECT_THAT(ParseSignatureLines(kLine + kLine),
              IsOkAndHolds(std::vector<NoteSignature>{kSignature, kSignature}));
  for (const std::string& bad : {std::string(), "\n" + kLine, kLine + "\n", kLine + "x",
                                 "a\n\n" + kLine, "\xff" + kLine, "\r" + kLine}) {
    EXPECT_THAT(ParseSignatureLines(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace svidence::ledger
