#include "plugin/core/ledger/note/witness_message.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/text.h"
#include "tests/support/golden.h"
#include "tests/support/note_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteKey;
using ::svidence::testing::NoteLog;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

TEST(AddCheckpointTest, ReadsAndWritesThePublishedRequest) {
  const std::string golden = ReadGolden("ledger/note/c2sp.request");
  const StatusOr<AddCheckpoint> request = ParseAddCheckpoint(golden);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->old_size, 20852014U);
  EXPECT_EQ(request->proof.size(), 4U);
  EXPECT_EQ(ParseNote(request->checkpoint)->signatures.size(), 2U);
  EXPECT_THAT(FormatAddCheckpoint(*request), IsOkAndHolds(golden));
}

TEST(AddCheckpointTest, NeedsNoProof) {
  const NoteLog log;
  const AddCheckpoint request{.old_size = 0, .proof = {}, .checkpoint = log.Note({})};
  EXPECT_THAT(FormatAddCheckpoint(request), IsOkAndHolds("old 0\n\n" + request.checkpoint));
  EXPECT_THAT(ParseAddCheckpoint("old 0\n\n" + request.checkpoint), IsOkAndHolds(request));
}

TEST(AddCheckpointTest, BoundsTheProof) {
  const NoteLog log;
  AddCheckpoint request{.old_size = 1,
                        .proof = std::vector<Digest>(kMaxConsistencyHashes),
                        .checkpoint = log.Note({})};
  const StatusOr<std::string> body = FormatAddCheckpoint(request);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_THAT(ParseAddCheckpoint(*body), IsOkAndHolds(request));
  request.proof.emplace_back();
  const StatusOr<std::string> over = FormatAddCheckpoint(request);
  EXPECT_THAT(over, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(over.status()), HasSubstr("at most 63 hashes"));
}

TEST(AddCheckpointTest, BoundsTheWhole) {
  EXPECT_THAT(ParseAddCheckpoint(std::string(kMaxNoteBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(AddCheckpointTest, IsNotWrittenIfItCouldNotBeRead) {
  const NoteLog log;
  EXPECT_THAT(FormatAddCheckpoint(
                  {.old_size = kMaxTextNumber + 1, .proof = {}, .checkpoint = log.Note({})}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(FormatAddCheckpoint({.old_size = 1, .proof = {}, .checkpoint = log.Text()}),
              StatusIs(StatusCode::kInvalidArgument));
}

struct Case {
  const char* name;
  std::string head;
};
class BadAddCheckpointTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadAddCheckpointTest, IsRefused) {
  const NoteLog log;
  EXPECT_THAT(ParseAddCheckpoint(GetParam().head + log.Note({})),
              StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadAddCheckpointTest,
    ::testing::Values(Case{"Empty", ""}, Case{"EmptyLine", "\n"}, Case{"NoSize", "old \n\n"},
                      Case{"NoSpace", "old1\n\n"}, Case{"TwoSpaces", "old  1\n\n"},
                      Case{"LeadingZero", "old 01\n\n"}, Case{"Negative", "old -1\n\n"},
                      Case{"TooHigh", "old 9223372036854775808\n\n"}, Case{"Capitals", "OLD 1\n\n"},
                      Case{"CarriageReturn", "old 1\r\n\n"}, Case{"NoEmptyLine", "old 1\n"},
                      Case{"TwoEmptyLines", "old 1\n\n\n"}, Case{"NoHash", "old 1\nAQEB\n\n"},
                      Case{"HashWithoutEnd",
                           "old 1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"},
                      Case{"SecondOld", "old 1\nold 1\n\n"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

class CosignaturesTest : public ::testing::Test {
 protected:
  StatusOr<std::vector<NoteSignature>> Read(std::string_view body,
                                            UnixSeconds now = NoteLog::kNow) const {
    const std::vector<TrustedKey> keys{log_.witness(1).trusted(), log_.witness(2).trusted()};
    return ReadCosignatures(body, log_.Note({}), keys, log_.context(now));
  }
  static std::string Lines(const std::vector<NoteSignature>& lines) {
    std::string text;
    for (const NoteSignature& line : lines) AppendSignatureLine(text, line);
    return text;
  }

  NoteLog log_;
};

TEST_F(CosignaturesTest, AreTakenFromWitnessesThatAreKnown) {
  // The third witness is not known, nor is who signs under the first one's name.
  const NoteKey stranger(log_.hasher(), 9, "witness.example/w1", KeyType::kCosignature);
  const NoteSignature strange = *SignCosignature(stranger.signer(), log_.Text(), NoteLog::kNow);
  EXPECT_THAT(Read(Lines({log_.Cosign(3), log_.Cosign(2), strange, log_.Cosign(1)})),
              IsOkAndHolds(std::vector<NoteSignature>{log_.Cosign(2), log_.Cosign(1)}));
}

TEST_F(CosignaturesTest, MakeACheckpointThatSatisfiesThePolicy) {
  const StatusOr<std::vector<NoteSignature>> lines = Read(Lines({log_.Cosign(1), log_.Cosign(2)}));
  ASSERT_TRUE(lines.ok());
  EXPECT_EQ(log_.Note({}) + Lines(*lines), log_.Note({1, 2}));
}

TEST_F(CosignaturesTest, AreRefusedIfThereIsNone) {
  EXPECT_THAT(Read(Lines({log_.Cosign(3)})), StatusIs(StatusCode::kPermissionDenied));
  for (const std::string_view bad : {"", "\n", "ok\n"}) {
    EXPECT_THAT(Read(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
  // The form is good, the keys are strangers'.
  EXPECT_THAT(Read(ReadGolden("ledger/note/c2sp.answer")), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(CosignaturesTest, AreRefusedFromAheadOfOurTime) {
  const std::string body = Lines({log_.Cosign(1, NoteLog::kNow + kMaxAhead + 1)});
  EXPECT_THAT(Read(body), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_TRUE(Read(body, NoteLog::kNow + 1).ok());
}

TEST_F(CosignaturesTest, AreRefusedWithoutATime) {
  NoteSignature line = log_.Cosign(1);
  const NoteSignature over_zero = log_.witness(1).Sign(CosignedMessage(0, log_.Text()));
  line.bytes = std::string(8, '\0') + over_zero.bytes;
  EXPECT_THAT(Read(Lines({line})), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(CosignaturesTest, AreRefusedForAnotherCheckpoint) {
  Checkpoint other = log_.Checkpoint();
  other.size = 8;
  const NoteSignature line =
      *SignCosignature(log_.witness(1).signer(), *FormatCheckpoint(other), NoteLog::kNow);
  EXPECT_THAT(Read(Lines({line})), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Read(Lines({log_.Cosign(2), line})), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(CosignaturesTest, AreOfWitnessesAndNotOfLogs) {
  const std::vector<TrustedKey> keys{log_.log().trusted()};
  EXPECT_THAT(
      ReadCosignatures(Lines({log_.log().Sign(log_.Text())}), log_.Note({}), keys, log_.context()),
      StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(CosignaturesTest, AreRefusedWithAnyBitFlipped) {
  const std::string body = Lines({log_.Cosign(1)});
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    EXPECT_FALSE(Read(FlipBit(body, bit)).ok()) << "bit " << bit;
  }
}

TEST_F(CosignaturesTest, WantACheckpoint) {
  const std::vector<TrustedKey> keys{log_.witness(1).trusted()};
  for (const std::string& bad : {std::string("x"), log_.Text(), Lines({log_.Cosign(1)})}) {
    EXPECT_THAT(ReadCosignatures(Lines({log_.Cosign(1)}), bad, keys, log_.context()),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST(SizeAnswerTest, IsOneLine) {
  EXPECT_EQ(FormatSizeAnswer(20852014), "20852014\n");
  EXPECT_THAT(ParseSizeAnswer("20852014\n"), IsOkAndHolds(std::uint64_t{20852014}));
  EXPECT_THAT(ParseSizeAnswer("0\n"), IsOkAndHolds(std::uint64_t{0}));
  for (const std::string_view bad : {"", "\n", "1", "01\n", "1\n\n", "1\r\n", " 1\n", "-1\n",
                                     "1\n2\n", "9223372036854775808\n"}) {
    EXPECT_THAT(ParseSizeAnswer(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace svidence::ledger
