#include "plugin/core/ledger/derived/seal.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;

Digest DigestOf(std::uint8_t byte) {
  Digest digest{};
  digest.fill(byte);
  return digest;
}

SubjectHead HeadOf(std::uint8_t key, EntryIndex last) {
  SubjectHead head{.last = last};
  head.key.fill(key);
  return head;
}

const std::string kText =
    "svidence-derived 1\n"
    "log 00010203-0405-4607-8809-0a0b0c0d0e0f\n"
    "size 42\n"
    "leaf sha256:abababababababababababababababababababababababababababababababab\n"
    "root sha256:cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n"
    "states 3 sha256:0101010101010101010101010101010101010101010101010101010101010101\n"
    "subjects 7 sha256:f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0\n";

DerivedState MakeState() {
  return {.uuid = "00010203-0405-4607-8809-0a0b0c0d0e0f",
          .head = {.size = 42, .last_leaf = DigestOf(0xab)},
          .root = DigestOf(0xcd),
          .states = {.count = 3, .digest = DigestOf(1)},
          .subjects = SubjectsDigest(7, DigestOf(0xf0))};
}

class SealTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(SealTest, IsWrittenAndReadByteForByte) {
  EXPECT_EQ(FormatDerivedState(MakeState()), kText);
  EXPECT_THAT(ParseDerivedState(kText), IsOkAndHolds(MakeState()));
}

TEST_F(SealTest, IsRefusedWhereverItIsCutOffAndWithEveryByteBehind) {
  for (std::size_t size = 0; size < kText.size(); ++size) {
    EXPECT_THAT(ParseDerivedState(kText.substr(0, size)), StatusIs(StatusCode::kInvalidArgument))
        << size;
  }
  EXPECT_THAT(ParseDerivedState(kText + "\n"), StatusIs(StatusCode::kInvalidArgument));
}

// Whatever a changed byte makes of it, it is no second spelling of the same state.
TEST_F(SealTest, HasOneSpelling) {
  for (std::size_t bit = 0; bit < kText.size() * 8; ++bit) {
    const std::string text = testing::FlipBit(kText, bit);
    const StatusOr<DerivedState> state = ParseDerivedState(text);
    if (state.ok()) {
      EXPECT_EQ(FormatDerivedState(*state), text) << bit;
    }
  }
}

struct Case {
  const char* name;
  std::string_view from;
  std::string_view to;
};
class BadSealTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadSealTest, IsRefused) {
  std::string text = kText;
  text.replace(text.find(GetParam().from), GetParam().from.size(), GetParam().to);
  EXPECT_THAT(ParseDerivedState(text), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(Cases, BadSealTest,
                         ::testing::Values(Case{"LaterVersion", "derived 1", "derived 2"},
                                           Case{"NoUuid", "log 0", "log x"},
                                           Case{"SizeZero", "size 42", "size 0"},
                                           Case{"SizeTooHigh", "size 42", "size 9007199254740992"},
                                           Case{"SizeEmpty", "size 42", "size "},
                                           Case{"NoCount", "states 3 ", "states "},
                                           Case{"CountSigned", "states 3", "states -3"},
                                           Case{"CountLeadingZero", "subjects 7", "subjects 07"},
                                           Case{"TwoSpaces", "subjects 7 ", "subjects 7  "},
                                           Case{"DigestShort", "leaf sha256:ab", "leaf sha256:"}),
                         [](const ::testing::TestParamInfo<Case>& test) {
                           return test.param.name;
                         });

TEST_F(SealTest, IsANoteThatNobodyTakesForACheckpoint) {
  const NoteKey log(hasher_, 1, "example.org/svidence/log");
  const StatusOr<std::string> note = SignSeal(log.signer(), MakeState());
  ASSERT_THAT(note, IsOk());
  const StatusOr<SignedNote> parsed = ParseNote(*note);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->text, kText);
  const TrustedKey key = log.trusted();
  EXPECT_THAT(
      VerifyNote(*parsed, {&key, 1}, {.verifier = openssl::OpenSslEd25519Verifier(), .limit = {}}),
      IsOk());
  EXPECT_THAT(ParseCheckpoint(parsed->text), StatusIs(StatusCode::kInvalidArgument));
  const FailingNoteSigner down("x", KeyType::kEd25519, Unavailable("no agent"));
  EXPECT_THAT(SignSeal(down, MakeState()), StatusIs(StatusCode::kUnavailable));
}

TEST_F(SealTest, StatesAreDigestedInOrderWithIndexAndLeaf) {
  const auto digest = [this](const std::vector<std::pair<EntryIndex, std::uint8_t>>& states) {
    StatesDigest made;
    for (const auto& [index, leaf] : states) made.Add(hasher_, index, DigestOf(leaf));
    return made;
  };
  const StatesDigest good = digest({{0, 1}, {5, 2}});
  EXPECT_EQ(good, digest({{0, 1}, {5, 2}}));
  EXPECT_EQ(good.count, 2U);
  EXPECT_NE(good, digest({{0, 1}}));
  EXPECT_NE(good, digest({{5, 2}, {0, 1}}));
  EXPECT_NE(good, digest({{0, 1}, {6, 2}}));
  EXPECT_NE(good, digest({{0, 1}, {5, 3}}));
}

TEST_F(SealTest, SubjectsAreDigestedWithoutOrder) {
  SubjectsDigest forth;
  SubjectsDigest back;
  for (std::uint8_t i = 0; i < 200; ++i) {
    forth.Add(hasher_, HeadOf(i, i));
    back.Add(hasher_, HeadOf(199 - i, 199 - i));
  }
  EXPECT_EQ(forth, back);
  EXPECT_EQ(SubjectsDigest(forth.count(), forth.digest()), forth);
}

TEST_F(SealTest, ASubjectThatMovedIsAsIfItHadNeverBeenElsewhere) {
  SubjectsDigest moved;
  SubjectsDigest straight;
  for (std::uint8_t i = 0; i < 200; ++i) {
    for (EntryIndex last = 0; last < 5; ++last) {
      if (last > 0) moved.Remove(hasher_, HeadOf(i, last - 1));
      moved.Add(hasher_, HeadOf(i, last));
    }
    straight.Add(hasher_, HeadOf(i, 4));
  }
  EXPECT_EQ(moved, straight);
  straight.Remove(hasher_, HeadOf(7, 4));
  straight.Add(hasher_, HeadOf(7, 3));
  EXPECT_NE(moved, straight);
}

}  // namespace
}  // namespace svidence::ledger
