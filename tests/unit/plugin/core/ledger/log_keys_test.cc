#include "plugin/core/ledger/log_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/batch_seal.h"
#include "tests/support/fake_random.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeRandom;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyOfSeed;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;

class LogKeysTest : public ::testing::Test {
 protected:
  StatusOr<Checkpoint> Open(std::string_view note) const {
    return OpenOwnCheckpoint(hasher_, verifier_, identity_, note);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  FakeRandom random_;
  LogIdentity identity_ =
      NewLogIdentity(hasher_, random_, "example.org", KeyOfSeed(1).public_key());
  NoteKey key_{hasher_, 1, identity_.origin};
};

TEST_F(LogKeysTest, ALogHasTheKeyThatItWasOpenedWith) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, kMaxIndex}) {
    const auto keys = LogKeysAt(hasher_, identity_, size);
    ASSERT_THAT(keys, IsOk());
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_EQ(keys->front().vkey, key_.vkey());
  }
  identity_.vkey = "x";
  EXPECT_THAT(LogKeysAt(hasher_, identity_, 1), StatusIs(StatusCode::kInvalidArgument));
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
  const NoteKey thief(hasher_, 2, identity_.origin);
  EXPECT_THAT(Open(*SignTree(thief.signer(), 7, {})), StatusIs(StatusCode::kPermissionDenied));
  const NoteKey other(hasher_, 1, "example.org/other");
  EXPECT_THAT(Open(*SignTree(other.signer(), 7, {})), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Open("garbage"), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
