#include "plugin/core/ledger/note/checkpoint.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"
#include "tests/support/golden.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteKey;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::string_view kOrigin = "example.org/svidence/00010203-0405-4607-8809-0a0b0c0d0e0f";
const std::string kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const std::string kEmpty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

TEST(CheckpointTest, IsReadAndWrittenByteForByte) {
  for (const std::string& text :
       {"example.com/behind-the-sofa\n20852163\n" + kRoot + "\n",
        "a\n9223372036854775807\n" + kRoot + "\n", "a\n0\n" + kEmpty + "\n",
        "a\n1\n" + kEmpty + "\n", "zeuge/\xc3\xa4\n1\n" + kRoot + "\n"}) {
    const StatusOr<Checkpoint> checkpoint = ParseCheckpoint(text);
    ASSERT_TRUE(checkpoint.ok()) << text << checkpoint.status();
    EXPECT_THAT(FormatCheckpoint(*checkpoint), IsOkAndHolds(text));
  }
  const StatusOr<Checkpoint> checkpoint =
      ParseCheckpoint("example.com/behind-the-sofa\n20852163\n" + kRoot + "\n");
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163U);
  EXPECT_EQ(Base64Encode(checkpoint->root), kRoot);
}

TEST(CheckpointTest, KnowsTheRootOfTheEmptyTree) {
  EXPECT_EQ(openssl::OpenSslHasher::Create()->Sha256({}), kEmptyRoot);
}

struct Case {
  const char* name;
  std::string text;
};
class BadCheckpointTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadCheckpointTest, IsRefused) {
  EXPECT_THAT(ParseCheckpoint(GetParam().text), StatusIs(StatusCode::kInvalidArgument));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadCheckpointTest,
    ::testing::Values(
        Case{"Empty", ""}, Case{"OriginOnly", "a\n"}, Case{"TwoLines", "a\n1\n"},
        Case{"NoLastLineFeed", "a\n1\n" + kRoot}, Case{"NoOrigin", "\n1\n" + kRoot + "\n"},
        Case{"OriginWithSpace", "go.sum database tree\n1\n" + kRoot + "\n"},
        Case{"OriginWithPlus", "a+b\n1\n" + kRoot + "\n"},
        Case{"ByteOrderMark",
             "\xef\xbb\xbf"
             "a\r\n1\n" +
                 kRoot + "\n"},
        Case{"CarriageReturn", "a\n1\r\n" + kRoot + "\n"}, Case{"NoSize", "a\n\n" + kRoot + "\n"},
        Case{"LeadingZero", "a\n01\n" + kRoot + "\n"}, Case{"Zeros", "a\n00\n" + kEmpty + "\n"},
        Case{"Sign", "a\n+1\n" + kRoot + "\n"}, Case{"Negative", "a\n-1\n" + kRoot + "\n"},
        Case{"SizeTooHigh", "a\n9223372036854775808\n" + kRoot + "\n"},
        Case{"SizeFarTooHigh", "a\n18446744073709551617\n" + kRoot + "\n"},
        Case{"SpaceBehindSize", "a\n1 \n" + kRoot + "\n"}, Case{"NoRoot", "a\n1\n\n"},
        Case{"RootShort", "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"},
        Case{"RootUnpadded", "a\n1\n" + kRoot.substr(0, 43) + "\n"},
        Case{"RootSpareBits", "a\n1\n" + kRoot.substr(0, 42) + "J=\n"},
        Case{"EmptyTreeWithAnotherRoot", "a\n0\n" + kRoot + "\n"},
        Case{"Extension", "a\n1\n" + kRoot + "\nextension\n"},
        Case{"EmptyExtension", "a\n1\n" + kRoot + "\n\n"},
        Case{"LongOrigin", std::string(kMaxKeyNameBytes + 1, 'a') + "\n1\n" + kRoot + "\n"}),
    [](const ::testing::TestParamInfo<Case>& test) { return test.param.name; });

TEST(CheckpointTest, IsNotWrittenIfItCouldNotBeRead) {
  EXPECT_THAT(FormatCheckpoint({.origin = "a b", .size = 1, .root = {}}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(FormatCheckpoint({.origin = "a\n1", .size = 1, .root = {}}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(FormatCheckpoint({.origin = "a", .size = kMaxTextNumber + 1, .root = {}}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(FormatCheckpoint({.origin = "a", .size = 0, .root = {}}),
              StatusIs(StatusCode::kInvalidArgument));
}

class SignedCheckpointTest : public ::testing::Test {
 protected:
  StatusOr<Checkpoint> Open(std::string_view note, const TrustedKey& key) const {
    return OpenCheckpoint(note, key, verifier_);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, kOrigin};
  Checkpoint checkpoint_{.origin = std::string(kOrigin), .size = 7, .root = kEmptyRoot};
};

// C2SP#99, corrected.
TEST_F(SignedCheckpointTest, OpensThePublishedOne) {
  const std::string golden = ReadGolden("ledger/note/sigsum.checkpoint");
  const std::string key = *HexDecode(ReadGolden("ledger/note/sigsum.key").substr(0, 64));
  Vkey vkey{.name = golden.substr(0, golden.find('\n')), .key = {}};
  std::copy(key.begin(), key.end(), vkey.key.begin());
  const TrustedKey trusted = Trust(hasher_, vkey);
  EXPECT_EQ(trusted.id, 0x809da1a3U);
  const StatusOr<Checkpoint> checkpoint = Open(golden, trusted);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, 10U);
}

TEST_F(SignedCheckpointTest, IsSignedAsAnotherImplementationDoes) {
  const std::string golden = ReadGolden("ledger/note/go.checkpoint");
  const StatusOr<SignedNote> note = ParseNote(golden);
  ASSERT_TRUE(note.ok());
  const StatusOr<std::string> ours = SignCheckpoint(log_.signer(), *ParseCheckpoint(note->text));
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_TRUE(golden.starts_with(*ours)) << *ours;
  EXPECT_TRUE(Open(golden, log_.trusted()).ok());  // other keys' lines and all
}

TEST_F(SignedCheckpointTest, IsOpenedAgain) {
  const StatusOr<std::string> note = SignCheckpoint(log_.signer(), checkpoint_);
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_THAT(Open(*note, log_.trusted()), IsOkAndHolds(checkpoint_));
  EXPECT_EQ(*note, *SignCheckpoint(log_.signer(), checkpoint_));
}

TEST_F(SignedCheckpointTest, IsRefusedWithAnyBitFlippedAndWhereverItIsCut) {
  const std::string note = *SignCheckpoint(log_.signer(), checkpoint_);
  for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
    EXPECT_FALSE(Open(FlipBit(note, bit), log_.trusted()).ok()) << "bit " << bit;
  }
  for (std::size_t size = 0; size < note.size(); ++size) {
    EXPECT_FALSE(Open(note.substr(0, size), log_.trusted()).ok()) << size;
  }
}

TEST_F(SignedCheckpointTest, IsRefusedIfItIsOfAnotherLog) {
  const std::string note = *SignCheckpoint(log_.signer(), checkpoint_);
  const NoteKey other(hasher_, 2, "example.org/other");
  const NoteKey same_name(hasher_, 2, kOrigin);
  const NoteKey witness(hasher_, 1, kOrigin, KeyType::kCosignature);
  for (const NoteKey* key : {&other, &same_name, &witness}) {
    EXPECT_THAT(Open(note, key->trusted()), StatusIs(StatusCode::kPermissionDenied));
  }
  // The other log signs our origin under its own name.
  const std::string text = *FormatCheckpoint(checkpoint_);
  const std::string forged = *FormatNote({.text = text, .signatures = {other.Sign(text)}});
  EXPECT_THAT(Open(forged, other.trusted()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Open(forged, log_.trusted()), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(SignedCheckpointTest, IsRefusedWithExtensionLinesThoughTheyAreSigned) {
  const std::string text = *FormatCheckpoint(checkpoint_) + "time 5\n";
  const std::string note = *FormatNote({.text = text, .signatures = {log_.Sign(text)}});
  const StatusOr<Checkpoint> opened = Open(note, log_.trusted());
  EXPECT_THAT(opened, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(opened.status()), HasSubstr("must end after three lines"));
}

TEST_F(SignedCheckpointTest, IsNotSignedForAnotherLogOrByAWitness) {
  const NoteKey other(hasher_, 1, "example.org/other");
  const NoteKey witness(hasher_, 1, kOrigin, KeyType::kCosignature);
  EXPECT_THAT(SignCheckpoint(other.signer(), checkpoint_), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(SignCheckpoint(witness.signer(), checkpoint_),
              StatusIs(StatusCode::kInvalidArgument));
  const FailingNoteSigner away(std::string(kOrigin), KeyType::kEd25519, Unavailable("away"));
  EXPECT_THAT(SignCheckpoint(away, checkpoint_), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
