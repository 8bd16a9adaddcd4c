#include "plugin/core/ledger/log_signer.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "tests/support/key_changes.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyChanges;
using ::svidence::testing::StatusIs;

class LogSignerTest : public ::testing::Test {
 protected:
  // Whose signatures the checkpoint of `size` has, of keys 1 to 3, as digits.
  std::string SignedBy(std::uint64_t size) const {
    const StatusOr<std::string> note = signer_.SignTree(size, root_);
    if (!note.ok()) return Message(note.status());
    std::string keys;
    for (std::uint8_t seed = 1; seed <= 3; ++seed) {
      if (OpenCheckpoint(*note, changes_.Key(seed).trusted(), verifier_).ok()) {
        keys += static_cast<char>('0' + seed);
      }
    }
    EXPECT_EQ(ParseNote(*note)->signatures.size(), keys.size());
    return keys;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  KeyChanges changes_{hasher_};
  Digest root_{5};
  LogSigner signer_{hasher_, verifier_, changes_.Schedule(), changes_.Own(1)};
};

TEST_F(LogSignerTest, SignsWithTheOneKeyUntilAChangeIsCommitted) {
  signer_.Prepare(changes_.Own(2));
  EXPECT_EQ(SignedBy(7), "1");
  signer_.OnCommitted(KeyChanges::At(5, {.type = "issue.x509"}));
  EXPECT_EQ(SignedBy(7), "1");
}

TEST_F(LogSignerTest, BothSignTheCheckpointThatShowsTheChangeAndThenOnlyTheNewOne) {
  signer_.Prepare(changes_.Own(2));
  signer_.OnCommitted(KeyChanges::At(7, changes_.Change(1, 2)));
  EXPECT_EQ(SignedBy(8), "12");
  EXPECT_EQ(SignedBy(8), "12") << "as often as that tree is signed";
  EXPECT_EQ(SignedBy(9), "2");
  EXPECT_EQ(SignedBy(8), "2") << "the old key is forgotten";
  EXPECT_EQ(signer_.current()->vkey, changes_.Key(2).vkey());
  EXPECT_EQ(signer_.schedule().keys().size(), 2U);
}

TEST_F(LogSignerTest, TheNewKeyGoesOnAloneWhereTheOldOneCannotBeReached) {
  OwnKey gone = changes_.Own(1);
  gone.signer = std::make_shared<FailingNoteSigner>(KeyChanges::kOrigin, KeyType::kEd25519,
                                                    Unavailable("away"));
  LogSigner signer(hasher_, verifier_, changes_.Schedule(), gone);
  signer.Prepare(changes_.Own(2));
  signer.OnCommitted(KeyChanges::At(7, changes_.Change(1, 2)));
  const StatusOr<std::string> note = signer.SignTree(8, root_);
  ASSERT_THAT(note, IsOk());
  EXPECT_THAT(OpenCheckpoint(*note, changes_.Key(2).trusted(), verifier_), IsOk());
}

TEST_F(LogSignerTest, SignsNothingWithAKeyThatIsNotTheLogsAnyMore) {
  signer_.Prepare(changes_.Own(3));
  signer_.OnCommitted(KeyChanges::At(7, changes_.Change(1, 2)));
  EXPECT_THAT(signer_.SignTree(8, root_), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_FALSE(signer_.current());
  EXPECT_FALSE(signer_.may_wait());
}

TEST_F(LogSignerTest, OfSeveralPreparedKeysTheOneThatWasCommittedSigns) {
  signer_.Prepare(changes_.Own(2));
  signer_.Prepare(changes_.Own(3));
  signer_.OnCommitted(KeyChanges::At(7, changes_.Change(1, 2)));
  EXPECT_EQ(SignedBy(9), "2");
}

TEST_F(LogSignerTest, AChangeIsCheckedBeforeItIsAppended) {
  EXPECT_THAT(signer_.CheckChange(changes_.Change(1, 2)), IsOk());
  EXPECT_FALSE(signer_.CheckChange(changes_.Change(2, 3)).ok());
  EXPECT_EQ(signer_.schedule().keys().size(), 1U);
}

}  // namespace
}  // namespace svidence::ledger
