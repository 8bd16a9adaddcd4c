#include <future>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/entry_proof.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

using Answer = StatusOr<AppendResult>;
constexpr const char* kOrigin = "example.org/svidence/log";

class Deaf final : public CommitObserver {
 public:
  void OnCommitted(const Entry& /*entry*/) override {}
};

class CommitterProofTest : public ::testing::Test {
 protected:
  std::unique_ptr<Committer> Make(const NoteSigner* log, ChainWriter::Start start = {}) {
    if (start.subjects == nullptr) start.subjects = std::make_unique<SubjectIndex>(hasher_);
    return std::make_unique<Committer>(Committer::Ports{store_, hasher_, clock_, deaf_, log},
                                       std::move(start));
  }
  // `count` entries in one batch: the store is held until all wait.
  std::vector<Answer> AppendBatch(Committer& committer, std::size_t count, bool wants_proof) {
    std::vector<std::promise<Answer>> promises(count);
    for (std::promise<Answer>& promise : promises) {
      committer.Submit({.make = []() -> StatusOr<EntryDraft> {
                          return EntryDraft{
                              .type = "alert.raised", .by = "server:a", .subject = "node:1"};
                        },
                        .done = [&promise](const Answer& answer) { promise.set_value(answer); },
                        .deadline_millis = std::numeric_limits<std::int64_t>::max(),
                        .wants_proof = wants_proof});
    }
    std::vector<Answer> answers;
    for (std::promise<Answer>& promise : promises) answers.push_back(promise.get_future().get());
    return answers;
  }
  StatusOr<ProvedEntry> Check(const AppendResult& result, const NoteKey& log) const {
    return VerifyEntryProof(result.entry, result.proof, Policy::OfLog(hasher_, log.vkey()),
                            {.verifier = verifier_, .limit = {}}, hasher_);
  }

  testing::FakeLedgerStore store_;
  testing::FakeClock clock_;
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  Deaf deaf_;
  NoteKey log_{hasher_, 1, kOrigin};
};

TEST_F(CommitterProofTest, AnswersEachEntryWithAProofThatHoldsAlone) {
  const auto committer = Make(&log_.signer());
  EntryIndex index = 0;
  for (const std::size_t batch : {1U, 2U, 5U, 64U, 3U}) {
    for (const Answer& answer : AppendBatch(*committer, batch, true)) {
      ASSERT_THAT(answer, IsOk());
      EXPECT_EQ(answer->index, index++);
      const StatusOr<ProvedEntry> proved = Check(*answer, log_);
      ASSERT_THAT(proved, IsOk());
      EXPECT_EQ(proved->entry.place.index, answer->index);
      EXPECT_GT(proved->evaluation.checkpoint.size, answer->index);
      EXPECT_EQ(proved->evaluation.checkpoint.origin, kOrigin);
    }
  }
}

TEST_F(CommitterProofTest, ProofsAreOfThisLogThisEntryAndThisIndex) {
  const auto committer = Make(&log_.signer());
  const std::vector<Answer> answers = AppendBatch(*committer, 2, true);
  ASSERT_THAT(answers[1], IsOk());
  const NoteKey other(hasher_, 2, kOrigin);
  EXPECT_THAT(Check(*answers[1], other), StatusIs(StatusCode::kPermissionDenied));
  AppendResult swapped = *answers[1];
  swapped.proof = answers[0]->proof;
  EXPECT_FALSE(Check(swapped, log_).ok());
  AppendResult changed = *answers[1];
  for (std::size_t bit = 0; bit < changed.entry.size() * 8; ++bit) {
    changed.entry = FlipBit(answers[1]->entry, bit);
    EXPECT_FALSE(Check(changed, log_).ok()) << "bit " << bit;
  }
}

TEST_F(CommitterProofTest, MakesNoProofThatNobodyAskedFor) {
  const auto committer = Make(&log_.signer());
  const std::vector<Answer> answers = AppendBatch(*committer, 1, false);
  ASSERT_THAT(answers[0], IsOk());
  EXPECT_EQ(answers[0]->proof, "");
}

TEST_F(CommitterProofTest, ASignerThatFailsKeepsProofsBackButNoEntry) {
  const FailingNoteSigner mute(kOrigin, KeyType::kEd25519, Unavailable("the signer is away"));
  const auto committer = Make(&mute);
  const std::vector<Answer> issued = AppendBatch(*committer, 1, true);
  EXPECT_THAT(issued[0], StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(issued[0].status()),
              HasSubstr("entry 0 is in the ledger, but no checkpoint of it was signed"));
  EXPECT_THAT(AppendBatch(*committer, 1, false)[0], IsOk()) << "as a revocation is";
  EXPECT_EQ(store_.All().size(), 2U);
  EXPECT_EQ(committer->Stats().checkpoint, "");
  EXPECT_THAT(committer->Stats().unsigned_why, HasSubstr("the signer is away"));
}

TEST_F(CommitterProofTest, WithoutASignerThereIsNoProof) {
  const auto committer = Make(nullptr);
  EXPECT_THAT(AppendBatch(*committer, 1, true)[0], StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(store_.All().size(), 1U);
}

TEST_F(CommitterProofTest, NothingIsSignedThatIsNotDurable) {
  store_.FailWith(ResourceExhausted("disk full"));
  const auto committer = Make(&log_.signer());
  EXPECT_THAT(AppendBatch(*committer, 1, true)[0], StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(committer->Stats().checkpoint, "");
}

TEST_F(CommitterProofTest, ShowsTheCheckpointOfTheWholeAlsoAfterAStart) {
  std::string before;
  ChainWriter::Start start;
  {
    const auto committer = Make(&log_.signer());
    const std::vector<Answer> answers = AppendBatch(*committer, 3, true);
    before = committer->Stats().checkpoint;
    start.head = committer->Stats().head;
  }
  const StatusOr<Checkpoint> checkpoint = OpenCheckpoint(before, log_.trusted(), verifier_);
  ASSERT_THAT(checkpoint, IsOk());
  EXPECT_EQ(checkpoint->size, 3U);
  for (const StoredEntry& entry : store_.All()) {
    ASSERT_THAT(start.tree.Append(hasher_, entry.leaf), IsOk());
  }
  EXPECT_EQ(checkpoint->root, start.tree.Root(hasher_));
  EXPECT_EQ(Make(&log_.signer(), std::move(start))->Stats().checkpoint, before)
      << "signing again gives the same bytes";
}

}  // namespace
}  // namespace svidence::ledger
