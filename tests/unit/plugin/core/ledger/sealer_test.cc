#include "plugin/core/ledger/sealer.h"

#include <future>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/entry_proof.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/held_signer.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::HeldSigner;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

using Answer = StatusOr<AppendResult>;

class Deaf final : public CommitObserver {
 public:
  void OnCommitted(const Entry& /*entry*/) override {}
};

// The sealer as the committer uses it: with a key that does not answer by itself.
class SealerTest : public ::testing::Test {
 protected:
  SealerTest() { committer_ = MakeCommitter(); }
  ~SealerTest() override { held_.Open(); }

  std::unique_ptr<Committer> MakeCommitter() {
    return std::make_unique<Committer>(
        Committer::Ports{store_, hasher_, clock_, deaf_, &held_},
        ChainWriter::Start{.head = {}, .subjects = std::make_unique<SubjectIndex>(hasher_)});
  }
  static AppendRequest Request(std::promise<Answer>& promise) {
    return {.make = []() -> StatusOr<EntryDraft> {
              return EntryDraft{.type = "alert.raised", .by = "server:a", .subject = "node:1"};
            },
            .done = [&promise](const Answer& answer) { promise.set_value(answer); },
            .deadline_millis = std::numeric_limits<std::int64_t>::max()};
  }
  void Issue(std::promise<Answer>& promise, std::int64_t deadline, bool optional = false) {
    AppendRequest request = Request(promise);
    request.wants_proof = true;
    request.proof_optional = optional;
    request.deadline_millis = deadline;
    committer_->Submit(std::move(request));
  }
  Answer Revoke() {
    std::promise<Answer> promise;
    AppendRequest request = Request(promise);
    request.urgent = true;
    committer_->Submit(std::move(request));
    return promise.get_future().get();
  }

  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  testing::FakeLedgerStore store_;
  testing::FakeClock clock_;
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  Deaf deaf_;
  NoteKey log_{hasher_, 1, "example.org/svidence/log"};
  HeldSigner held_{log_.signer()};
  std::unique_ptr<Committer> committer_;
};

TEST_F(SealerTest, AnIssuanceWaitsForItsSignature) {
  std::promise<Answer> promise;
  Issue(promise, kNever);
  held_.AwaitAsked(1);
  EXPECT_EQ(store_.All().size(), 1U) << "it is durable before it is signed";
  held_.Release();
  const Answer answer = promise.get_future().get();
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(VerifyEntryProof(answer->entry, answer->proof, Policy::OfLog(hasher_, log_.vkey()),
                               {.verifier = verifier_, .limit = {}}, hasher_),
              IsOk());
}

TEST_F(SealerTest, ARevocationDoesNotWaitForASignerThatHangs) {
  std::promise<Answer> issued;
  Issue(issued, kNever);
  held_.AwaitAsked(1);
  for (EntryIndex index = 1; index < 4; ++index) {
    const Answer revoked = Revoke();
    ASSERT_THAT(revoked, IsOk());
    EXPECT_EQ(revoked->index, index);
  }
  EXPECT_EQ(held_.asked(), 1U) << "nothing of this was signed";
  held_.Open();
  EXPECT_THAT(issued.get_future().get(), IsOk());
}

TEST_F(SealerTest, OfJobsThatNobodyWaitsForOnlyTheLastIsSigned) {
  std::promise<void> idle;
  Sealer sealer(held_, {.sealed = [](const StatusOr<std::string>&) {},
                        .idle = [&idle] { idle.set_value(); }});
  std::promise<Answer> first;
  CompactRange tree;
  for (int i = 0; i < 4; ++i) {
    const Digest leaf = LeafHash(hasher_, std::to_string(i));
    SealJob job{.prover = *BatchProver::Create(hasher_, tree, {&leaf, 1}),
                .stored = {{.bytes = std::to_string(i), .leaf = leaf}},
                .waiting = {}};
    if (i == 0) {
      job.waiting.push_back({.done = [&first](const Answer& answer) { first.set_value(answer); },
                             .deadline_millis = kNever,
                             .proof = ProofWish::kRequired});
    }
    ASSERT_THAT(tree.Append(hasher_, leaf), IsOk());
    sealer.Push(std::move(job));
  }
  held_.AwaitAsked(1);
  EXPECT_TRUE(sealer.busy());
  held_.Open();
  idle.get_future().wait();
  EXPECT_FALSE(sealer.busy());
  EXPECT_THAT(first.get_future().get(), IsOk());
  EXPECT_EQ(held_.asked(), 2U);
}

TEST_F(SealerTest, OtherRequestsWaitInTheQueueAndRunOutOfTimeThere) {
  std::promise<Answer> first;
  Issue(first, kNever);
  held_.AwaitAsked(1);
  std::promise<Answer> second;
  Issue(second, clock_.MonotonicMillis() + 1000);
  ASSERT_THAT(Revoke(), IsOk());
  clock_.Advance(1001);
  EXPECT_THAT(second.get_future().get(), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_EQ(store_.All().size(), 2U) << "and are not in the ledger";
  held_.Open();
  EXPECT_THAT(first.get_future().get(), IsOk());
}

TEST_F(SealerTest, AHungSignerMakesTheAppendUnavailableAtItsDeadlineAndTheEntryStays) {
  std::promise<Answer> promise;
  Issue(promise, clock_.MonotonicMillis() + 1000);
  held_.AwaitAsked(1);
  clock_.Advance(1001);
  const Answer answer = promise.get_future().get();
  EXPECT_THAT(answer, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(answer.status()),
              HasSubstr("entry 0 is in the ledger, but its checkpoint was not signed"));
  EXPECT_EQ(store_.All().size(), 1U);
}

TEST_F(SealerTest, WhatASignerRefusesIsUnavailableUnlessTheProofIsOptional) {
  held_.FailWith(Unavailable("the token was pulled out"));
  held_.Open();
  std::promise<Answer> required;
  Issue(required, kNever);
  const Answer refused = required.get_future().get();
  EXPECT_THAT(refused, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(refused.status()), HasSubstr("the token was pulled out"));
  std::promise<Answer> optional;
  Issue(optional, kNever, /*optional=*/true);
  const Answer issued = optional.get_future().get();
  ASSERT_THAT(issued, IsOk());
  EXPECT_EQ(issued->proof, "");
  EXPECT_EQ(issued->index, 1U);
}

TEST_F(SealerTest, WhoWaitsAtTheEndIsAnswered) {
  std::promise<Answer> first;
  Issue(first, kNever);
  held_.AwaitAsked(1);
  std::promise<Answer> queued;
  Issue(queued, kNever);
  std::thread releasing([this] { held_.Release(); });
  committer_.reset();
  releasing.join();
  (void)first.get_future().get().ok();  // signed, or too late for it
  EXPECT_THAT(queued.get_future().get(), StatusIs(StatusCode::kUnavailable));
}

TEST_F(SealerTest, AnswersFromAKeyInThisProcessAreMadeAtOnce) {
  StoredEntry stored{.bytes = "entry", .leaf = {}};
  EXPECT_THAT(SealedAnswer(nullptr, ProofWish::kRequired, 4, 1, stored),
              StatusIs(StatusCode::kUnavailable));
  stored.bytes = "entry";
  const Answer without = SealedAnswer(nullptr, ProofWish::kOptional, 4, 1, stored);
  ASSERT_THAT(without, IsOk());
  EXPECT_EQ(without->index, 5U);
  EXPECT_EQ(without->entry, "entry");
}

}  // namespace
}  // namespace svidence::ledger
