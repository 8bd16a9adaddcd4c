#include "plugin/core/ledger/entry_proof.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/batch_seal.h"
#include "tests/support/ledger_samples.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class EntryProofTest : public ::testing::Test {
 protected:
  StatusOr<ProvedEntry> Verify(std::string_view entry, std::string_view proof) const {
    return VerifyEntryProof(entry, proof, Policy::OfLog(hasher_, log_.vkey()),
                            {.verifier = verifier_, .limit = {}}, hasher_);
  }
  // The proof of `entries[offset]` in the tree whose leaves are `entries`.
  std::string ProofOf(const std::vector<std::string>& entries, std::size_t offset) const {
    std::vector<Digest> leaves;
    leaves.reserve(entries.size());
    for (const std::string& entry : entries) leaves.push_back(LeafHash(hasher_, entry));
    return *BatchSeal(*BatchProver::Create(hasher_, {}, leaves), log_.signer()).ProofOf(offset);
  }
  std::vector<std::string> Chain(std::size_t count) const {
    std::vector<std::string> entries;
    for (const StoredEntry& stored : testing::SampleChain(hasher_, count)) {
      entries.push_back(stored.bytes);
    }
    return entries;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, "example.org/svidence/log"};
};

TEST_F(EntryProofTest, GivesTheEntryAndWhoSignedItsTree) {
  const std::vector<std::string> chain = Chain(5);
  const StatusOr<ProvedEntry> proved = Verify(chain[2], ProofOf(chain, 2));
  ASSERT_THAT(proved, IsOk());
  EXPECT_EQ(proved->entry.place.index, 2U);
  EXPECT_EQ(proved->evaluation.checkpoint.size, 5U);
  EXPECT_TRUE(proved->evaluation.holds());
}

TEST_F(EntryProofTest, AnEntryThatCallsItselfByAnotherIndexIsNotThere) {
  std::vector<std::string> chain = Chain(5);
  std::swap(chain[1], chain[3]);
  const StatusOr<ProvedEntry> proved = Verify(chain[1], ProofOf(chain, 1));
  EXPECT_THAT(proved, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(proved.status()), HasSubstr("calls itself 3, the proof is for index 1"));
}

TEST_F(EntryProofTest, RefusesTheProofOfAnother) {
  const std::vector<std::string> chain = Chain(5);
  EXPECT_THAT(Verify(chain[2], ProofOf(chain, 3)), StatusIs(StatusCode::kDataLoss));
}

TEST_F(EntryProofTest, RefusesWhatIsNoEntryOrNoProof) {
  const std::vector<std::string> chain = Chain(2);
  EXPECT_THAT(Verify("{}", ProofOf(chain, 1)), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Verify(chain[1], "no proof"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Verify(chain[1], ""), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
