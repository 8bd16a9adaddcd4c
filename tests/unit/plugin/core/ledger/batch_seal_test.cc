#include "plugin/core/ledger/batch_seal.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/tlog_proof.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof_check.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class BatchSealTest : public ::testing::Test {
 protected:
  // Leaves 3, 4 and 5 behind a tree of three.
  BatchProver Batch() const {
    CompactRange before;
    for (const Digest& leaf : LeavesFrom(0)) EXPECT_THAT(before.Append(hasher_, leaf), IsOk());
    return *BatchProver::Create(hasher_, before, LeavesFrom(3));
  }
  std::vector<Digest> LeavesFrom(int first) const {
    std::vector<Digest> leaves;
    for (int i = first; i < first + 3; ++i) {
      leaves.push_back(LeafHash(hasher_, std::to_string(i)));
    }
    return leaves;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, "example.org/svidence/log"};
};

TEST_F(BatchSealTest, SignsTheTreeThatEndsWithTheBatchAndProvesEachOfItsEntries) {
  const BatchSeal seal(Batch(), log_.signer());
  ASSERT_THAT(seal.checkpoint(), IsOk());
  const StatusOr<Checkpoint> checkpoint =
      OpenCheckpoint(*seal.checkpoint(), log_.trusted(), verifier_);
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_EQ(checkpoint->size, 6U);
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const StatusOr<std::string> text = seal.ProofOf(offset);
    ASSERT_THAT(text, IsOk());
    const StatusOr<TlogProof> proof = ParseTlogProof(*text);
    ASSERT_THAT(proof, IsOk());
    EXPECT_EQ(proof->index, 3 + offset);
    EXPECT_EQ(proof->checkpoint, *seal.checkpoint());
    EXPECT_THAT(VerifyInclusion(hasher_, LeavesFrom(3)[offset], proof->index, checkpoint->size,
                                proof->hashes, checkpoint->root),
                IsOk());
  }
  EXPECT_FALSE(seal.ProofOf(3).ok()) << "of another batch";
}

TEST_F(BatchSealTest, WithoutASignatureThereIsNoProof) {
  const FailingNoteSigner mute("example.org/svidence/log", KeyType::kEd25519, Internal("broken"));
  const BatchSeal seal(Batch(), mute);
  EXPECT_THAT(seal.checkpoint(), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(seal.ProofOf(0), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(seal.ProofOf(0).status()), HasSubstr("entry 3 is in the ledger"));
}

TEST_F(BatchSealTest, TheSameTreeGivesTheSameBytes) {
  const BatchProver batch = Batch();
  EXPECT_EQ(*log_.signer().SignTree(batch.size(), batch.root()),
            *BatchSeal(batch, log_.signer()).checkpoint());
}

}  // namespace
}  // namespace svidence::ledger
