#include "plugin/core/ledger/log_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/batch_seal.h"
#include "tests/support/key_changes.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyChanges;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;

class LogKeysTest : public ::testing::Test {
 protected:
  StatusOr<Checkpoint> Open(std::string_view note) const {
    return OpenOwnCheckpoint(verifier_, schedule_, note);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  KeyChanges changes_{hasher_};
  KeySchedule schedule_ = changes_.Schedule();
  NoteKey key_ = changes_.Key(1);
};

TEST_F(LogKeysTest, ALogHasTheKeyThatItWasOpenedWith) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, kMaxIndex}) {
    const std::vector<TrustedKey> keys = LogKeysAt(schedule_, size);
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.front().vkey, key_.vkey());
  }
}

TEST_F(LogKeysTest, AKeyThatWasGivenUpSaysNothingOfLaterEntries) {
  ASSERT_THAT(schedule_.Apply(hasher_, verifier_, KeyChanges::At(6, changes_.Change(1, 2))),
              IsOk());
  const NoteKey next = changes_.Key(2);
  EXPECT_THAT(Open(*SignTree(key_.signer(), 7, {})), IsOk());
  EXPECT_THAT(Open(*SignTree(key_.signer(), 8, {})), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Open(*SignTree(next.signer(), 8, {})), IsOk());
  EXPECT_THAT(Open(*SignTree(next.signer(), 3, {})), IsOk()) << "said later";
}

TEST_F(LogKeysTest, OpensItsOwnCheckpoints) {
  const std::string note = *SignTree(key_.signer(), 7, {});
  const StatusOr<Checkpoint> checkpoint = Open(note);
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_EQ(checkpoint->size, 7U);
  for (std::size_t bit = 0; bit < note.size() * 8; ++bit)
    EXPECT_FALSE(Open(FlipBit(note, bit)).ok());
}

TEST_F(LogKeysTest, RefusesWhatAnotherKeyOrLogHasSigned) {
  const NoteKey thief(hasher_, 2, schedule_.origin());
  EXPECT_THAT(Open(*SignTree(thief.signer(), 7, {})), StatusIs(StatusCode::kPermissionDenied));
  const NoteKey other(hasher_, 1, "example.org/other");
  EXPECT_THAT(Open(*SignTree(other.signer(), 7, {})), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Open("garbage"), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
