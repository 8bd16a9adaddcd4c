#include "plugin/core/ledger/note/verify_note.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/text.h"
#include "tests/support/golden.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::NoteKey;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;
using Found = std::vector<GoodSignature>;

class VerifyNoteTest : public ::testing::Test {
 protected:
  StatusOr<Found> Verify(const SignedNote& note, std::vector<TrustedKey> keys,
                         UnixSeconds now = kMaxTextNumber) const {
    return VerifyNote(note, keys, {.verifier = verifier_, .limit = {.now = now}});
  }
  StatusOr<Found> Find(const SignedNote& note, std::vector<TrustedKey> keys,
                       UnixSeconds now) const {
    return FindSignatures(note, keys, {.verifier = verifier_, .limit = {.now = now}});
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, "example.org/log"};
  NoteKey other_{hasher_, 2, "example.org/other"};
  NoteKey witness_{hasher_, 3, "witness.example/w", KeyType::kCosignature};
  std::string text_ = *FormatCheckpoint({.origin = "example.org/log", .size = 7, .root = {}});
};

TEST_F(VerifyNoteTest, AcceptsThePublishedNote) {
  std::string text = ReadGolden("ledger/note/example.vkey");
  text.pop_back();
  const TrustedKey key = Trust(hasher_, *ParseVkey(hasher_, text));
  const std::string golden = ReadGolden("ledger/note/example.note");
  EXPECT_THAT(Verify(*ParseNote(golden), {key}), IsOkAndHolds(Found{{.key = 0}}));
  for (std::size_t bit = 0; bit < golden.size() * 8; ++bit) {
    const StatusOr<SignedNote> bad = ParseNote(FlipBit(golden, bit));
    EXPECT_FALSE(bad.ok() && Verify(*bad, {key}).ok()) << "bit " << bit;
  }
}

TEST_F(VerifyNoteTest, SaysWhichKeysHaveSigned) {
  const SignedNote note{
      .text = text_,
      .signatures = {other_.Sign(text_), *SignCosignature(witness_.signer(), text_, 1000)}};
  EXPECT_THAT(Verify(note, {log_.trusted(), witness_.trusted(), other_.trusted()}),
              IsOkAndHolds(Found{{.key = 2}, {.key = 1, .time = 1000}}));
}

TEST_F(VerifyNoteTest, PassesOverKeysThatItDoesNotKnow) {
  NoteSignature same_name = other_.Sign(text_);
  same_name.name = log_.vkey().name;
  NoteSignature same_id = other_.Sign(text_);
  same_id.key_id = log_.trusted().id;
  SignedNote note{.text = text_, .signatures = {same_name, same_id, other_.Sign("x")}};
  EXPECT_THAT(Verify(note, {log_.trusted()}), StatusIs(StatusCode::kPermissionDenied));
  note.signatures.push_back(log_.Sign(text_));
  EXPECT_THAT(Verify(note, {log_.trusted()}), IsOkAndHolds(Found{{.key = 0}}));
}

TEST_F(VerifyNoteTest, RefusesTheWholeIfOneKnownKeyHasNotSigned) {
  const NoteSignature good = log_.Sign(text_);
  const auto result = Verify({.text = text_, .signatures = {good, other_.Sign("x")}},
                             {log_.trusted(), other_.trusted()});
  EXPECT_THAT(result, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(result.status()), HasSubstr("example.org/other"));
}

TEST_F(VerifyNoteTest, RefusesASignatureOfAnotherLength) {
  for (const std::size_t size : {1U, 63U, 65U, 72U}) {
    NoteSignature bad = log_.Sign(text_);
    bad.bytes.resize(size, '\0');
    EXPECT_THAT(Verify({.text = text_, .signatures = {bad}}, {log_.trusted()}),
                StatusIs(StatusCode::kPermissionDenied))
        << size;
  }
}

TEST_F(VerifyNoteTest, NeverTakesASignatureOfOneTypeForAnother) {
  // The witness's key signs the text itself, under the witness's name and ID.
  EXPECT_THAT(Verify({.text = text_, .signatures = {witness_.Sign(text_)}}, {witness_.trusted()}),
              StatusIs(StatusCode::kPermissionDenied));
  // And a log's key of the same bytes knows nothing of the witness's line.
  const NoteKey as_log(hasher_, 3, "witness.example/w");
  EXPECT_THAT(Verify({.text = text_, .signatures = {*SignCosignature(witness_.signer(), text_, 1)}},
                     {as_log.trusted()}),
              StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(VerifyNoteTest, ListsAKeyOnceHoweverOftenItHasSigned) {
  const SignedNote note{.text = text_, .signatures = {log_.Sign(text_), log_.Sign(text_)}};
  EXPECT_THAT(Verify(note, {log_.trusted()}), IsOkAndHolds(Found{{.key = 0}}));
}

TEST_F(VerifyNoteTest, ChecksEveryLineOfAKeyThatHasSignedTwice) {
  NoteSignature bad = log_.Sign(text_);
  bad.bytes[0] = static_cast<char>(bad.bytes[0] ^ 1);
  EXPECT_THAT(Verify({.text = text_, .signatures = {log_.Sign(text_), bad}}, {log_.trusted()}),
              StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(VerifyNoteTest, KeepsOfAWitnessTheLatestTimeThatMayBe) {
  const auto at = [this](UnixSeconds time) {
    return *SignCosignature(witness_.signer(), text_, time);
  };
  const SignedNote note{.text = text_, .signatures = {at(1000), at(3000), at(2000), at(1000)}};
  EXPECT_THAT(Verify(note, {witness_.trusted()}, 3000),
              IsOkAndHolds(Found{{.key = 0, .time = 3000}}));
  EXPECT_THAT(Verify(note, {witness_.trusted()}, 2000),
              IsOkAndHolds(Found{{.key = 0, .time = 2000}}));
  const SignedNote late_first{.text = text_, .signatures = {at(3000), at(1000)}};
  EXPECT_THAT(Verify(late_first, {witness_.trusted()}, 1000),
              IsOkAndHolds(Found{{.key = 0, .time = 1000}}));
}

TEST_F(VerifyNoteTest, DoesNotCountATimeThatIsTooFarAhead) {
  const SignedNote note{
      .text = text_, .signatures = {*SignCosignature(witness_.signer(), text_, 1000 + kMaxAhead)}};
  EXPECT_TRUE(Verify(note, {witness_.trusted()}, 1000).ok());
  EXPECT_THAT(Verify(note, {witness_.trusted()}, 999), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Find(note, {witness_.trusted()}, 999),
              IsOkAndHolds(Found{{.key = 0, .time = 1000 + kMaxAhead, .timely = false}}));
}

TEST_F(VerifyNoteTest, FindsNothingWithoutKeys) {
  EXPECT_THAT(Verify({.text = text_, .signatures = {log_.Sign(text_)}}, {}),
              StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Find({.text = text_, .signatures = {log_.Sign(text_)}}, {}, 0),
              IsOkAndHolds(Found{}));
}

}  // namespace
}  // namespace svidence::ledger
