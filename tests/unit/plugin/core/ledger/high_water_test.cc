#include "plugin/core/ledger/high_water.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/batch_seal.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeMarkStore;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

const LogIdentity kIdentity{.uuid = "00010203-0405-4607-8809-0a0b0c0d0e0f",
                            .origin = "example.org/svidence/00010203-0405-4607-8809-0a0b0c0d0e0f",
                            .vkey = "",
                            .trust_domain = "example.org"};

Digest DigestOf(std::uint8_t byte) {
  Digest digest{};
  digest.fill(byte);
  return digest;
}

HighWaterMark MakeMark() { return MarkOf(kIdentity, {.size = 42, .last_leaf = DigestOf(0xab)}); }

const std::string kText =
    "svidence-mark 1\n"
    "log 00010203-0405-4607-8809-0a0b0c0d0e0f\n"
    "origin example.org/svidence/00010203-0405-4607-8809-0a0b0c0d0e0f\n"
    "size 42\n"
    "leaf sha256:abababababababababababababababababababababababababababababababab\n";

TEST(HighWaterMarkTest, IsWrittenAndReadByteForByte) {
  EXPECT_EQ(FormatMark(MakeMark()), kText);
  EXPECT_THAT(ParseMark(kText), IsOkAndHolds(MakeMark()));
}

TEST(HighWaterMarkTest, IsRefusedWhereverItIsCutOff) {
  for (std::size_t size = 0; size < kText.size(); ++size) {
    EXPECT_THAT(ParseMark(kText.substr(0, size)), StatusIs(StatusCode::kInvalidArgument)) << size;
  }
}

// Version 2: with what the log has signed.
class MarkedCheckpointTest : public ::testing::Test {
 protected:
  std::string Signed(EntryIndex size, const std::string& origin = kIdentity.origin) const {
    return *SignTree(NoteKey(hasher_, 1, origin).signer(), size, DigestOf(0x42));
  }
  std::string TextOf(const std::string& note) const {
    std::string text = kText + "\n" + note;
    return text.replace(text.find("mark 1"), 6, "mark 2");
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(MarkedCheckpointTest, IsKeptAsItIs) {
  for (const EntryIndex size : {EntryIndex{1}, EntryIndex{41}, EntryIndex{42}}) {
    const std::string note = Signed(size);
    const HighWaterMark mark = MarkOf(kIdentity, {.size = 42, .last_leaf = DigestOf(0xab)}, note);
    EXPECT_EQ(FormatMark(mark), TextOf(note));
    EXPECT_THAT(ParseMark(TextOf(note)), IsOkAndHolds(mark));
    const std::optional<Checkpoint> checkpoint = CheckpointIn(mark);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->size, size);
    EXPECT_EQ(checkpoint->root, DigestOf(0x42));
  }
  EXPECT_FALSE(CheckpointIn(MakeMark()));
}

TEST_F(MarkedCheckpointTest, IsRefusedWhereverItIsCutOff) {
  const std::string text = TextOf(Signed(42));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_THAT(ParseMark(text.substr(0, size)), StatusIs(StatusCode::kInvalidArgument)) << size;
  }
  EXPECT_THAT(ParseMark(text + "\n"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(MarkedCheckpointTest, HasOneSpelling) {
  const std::string text = TextOf(Signed(42));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    const std::string other = testing::FlipBit(text, bit);
    const StatusOr<HighWaterMark> mark = ParseMark(other);
    if (mark.ok()) {
      EXPECT_EQ(FormatMark(*mark), other) << bit;
    }
  }
}

TEST_F(MarkedCheckpointTest, MustBeOfThisLogAndOfNoMoreEntries) {
  EXPECT_THAT(ParseMark(TextOf(Signed(43))), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseMark(TextOf(Signed(42, "example.com/x"))),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseMark(TextOf("no note\n")), StatusIs(StatusCode::kInvalidArgument));
  // Behind version 1 nothing may stand.
  EXPECT_THAT(ParseMark(kText + "\n" + Signed(42)), StatusIs(StatusCode::kInvalidArgument));
}

// Names are at most 512 bytes long; a rotation signs with two keys.
TEST_F(MarkedCheckpointTest, TheLongestOneFits) {
  const std::string origin(kMaxKeyNameBytes, 'o');
  SignedNote note = *ParseNote(Signed(kMaxIndex, origin));
  note.signatures.push_back(NoteKey(hasher_, 2, origin).Sign(note.text));
  LogIdentity identity = kIdentity;
  identity.origin = origin;
  const std::string text =
      FormatMark(MarkOf(identity, {.size = kMaxIndex, .last_leaf = {}}, *FormatNote(note)));
  EXPECT_LT(text.size(), kMaxMarkBytes);
  EXPECT_THAT(ParseMark(text), testing::IsOk());
}

struct Case {
  const char* name;
  std::string_view from;
  std::string_view to;
};
class BadHighWaterMarkTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadHighWaterMarkTest, IsRefused) {
  std::string text = kText;
  text.replace(text.find(GetParam().from), GetParam().from.size(), GetParam().to);
  EXPECT_THAT(ParseMark(text), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadHighWaterMarkTest,
    ::testing::Values(
        Case{"LaterVersion", "mark 1", "mark 3"},
        Case{"VersionWithoutItsCheckpoint", "mark 1", "mark 2"}, Case{"NoUuid", "log 0", "log x"},
        Case{"OriginWithSpace", "origin example", "origin ex ample"},
        Case{"SizeZero", "size 42", "size 0"}, Case{"SizeLeadingZero", "size 42", "size 042"},
        Case{"SizeSigned", "size 42", "size +42"},
        Case{"SizeTooHigh", "size 42", "size 9007199254740992"},
        Case{"SizeWithTail", "size 42", "size 42 "}, Case{"SizeEmpty", "size 42", "size "},
        Case{"LeafUpperCase", "leaf sha256:ab", "leaf sha256:AB"},
        Case{"LeafShort", "leaf sha256:ab", "leaf sha256:"},
        Case{"CarriageReturn", "size 42\n", "size 42\r\n"}, Case{"LinesSwapped", "log ", "origin "},
        Case{"LineBehind", "abab\n", "abab\n\n"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST(HighWaterMarkTest, IsBounded) {
  EXPECT_THAT(ParseMark(kText + std::string(kMaxMarkBytes, 'x')),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(ReadMarkTest, TellsNoMarkFromABadOne) {
  FakeMarkStore marks;
  EXPECT_THAT(ReadMark(marks), IsOkAndHolds(std::nullopt));
  marks.Set(kText);
  EXPECT_THAT(ReadMark(marks), IsOkAndHolds(MakeMark()));
  marks.Set("garbage");
  const auto bad = ReadMark(marks);
  EXPECT_THAT(bad, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(bad.status()), HasSubstr("remove it: the test's memory"));
  marks.FailReadsWith(PermissionDenied("no"));
  EXPECT_THAT(ReadMark(marks), StatusIs(StatusCode::kFailedPrecondition));
}

TEST(CompareWithMarkTest, AcceptsALedgerThatGoesOnFromTheMark) {
  EXPECT_FALSE(CompareWithMark(MakeMark(), kIdentity, 42, DigestOf(0xab)));
  EXPECT_FALSE(CompareWithMark(MakeMark(), kIdentity, 1000, DigestOf(0xab)));
}

TEST(CompareWithMarkTest, RefusesAShorterLedger) {
  const auto defect = CompareWithMark(MakeMark(), kIdentity, 41, {});
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, DefectKind::kMark);
  EXPECT_EQ(defect->index, 41U);
  EXPECT_THAT(defect->sentence, HasSubstr("has 41 entries, the high-water mark has seen 42"));
}

TEST(CompareWithMarkTest, RefusesALedgerThatWasWrittenAnew) {
  const auto defect = CompareWithMark(MakeMark(), kIdentity, 50, DigestOf(0xac));
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->index, 41U);
  EXPECT_THAT(defect->sentence, HasSubstr("sha256:abab"));
  EXPECT_THAT(defect->sentence, HasSubstr("sha256:acac"));
}

TEST(CompareWithMarkTest, RefusesAnotherLog) {
  LogIdentity other = kIdentity;
  other.uuid[0] = '1';
  EXPECT_THAT(CompareWithMark(MakeMark(), other, 42, DigestOf(0xab))->sentence,
              HasSubstr("this ledger is log 10010203"));
  other = kIdentity;
  other.origin = "example.com/x";
  EXPECT_THAT(CompareWithMark(MakeMark(), other, 42, DigestOf(0xab))->sentence,
              HasSubstr("example.com/x"));
}

}  // namespace
}  // namespace svidence::ledger
