#include "plugin/core/ledger/note/evaluate.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"
#include "tests/support/note_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FlipBit;
using ::svidence::testing::NoteKey;
using ::svidence::testing::NoteLog;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EvaluateTest : public ::testing::Test {
 protected:
  Evaluation Evaluated(std::string_view note, const Policy& policy) const {
    const StatusOr<Evaluation> result = Evaluate(policy, note, log_.context());
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : Evaluation{};
  }
  PolicyReason Reason(std::string_view note) const { return Evaluated(note, log_.Policy()).reason; }
  // The checkpoint with these lines, and no others.
  std::string NoteOf(std::vector<NoteSignature> lines) const {
    return *FormatNote({.text = log_.Text(), .signatures = std::move(lines)});
  }

  NoteLog log_;
};

TEST_F(EvaluateTest, HoldsForLogAndQuorum) {
  const Evaluation result = Evaluated(log_.Note({3, 1}), log_.Policy());
  EXPECT_TRUE(result.holds());
  EXPECT_EQ(result.reason, PolicyReason::kHolds);
  EXPECT_EQ(result.sentence, "");
  EXPECT_EQ(result.checkpoint, log_.Checkpoint());
  ASSERT_EQ(result.logs.size(), 1U);
  EXPECT_EQ(result.logs[0].vkey, log_.log().vkey());
  EXPECT_THAT(result.witnesses, ElementsAre(Cosigned{.witness = 0, .time = NoteLog::kNow},
                                            Cosigned{.witness = 2, .time = NoteLog::kNow}));
}

TEST_F(EvaluateTest, HoldsForACheckpointOfAnotherImplementation) {
  const StatusOr<Policy> policy = Policy::Parse(log_.hasher(), ReadGolden("ledger/note/go.policy"));
  ASSERT_TRUE(policy.ok());
  const StatusOr<Evaluation> result =
      Evaluate(*policy, ReadGolden("ledger/note/go.checkpoint"), log_.context(4'000'000'000));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->holds()) << result->sentence;
  EXPECT_EQ(result->checkpoint.size, 7U);
  EXPECT_EQ(result->witnesses.size(), 2U);
  EXPECT_EQ(result->logs.size(), 1U);
}

TEST_F(EvaluateTest, NeedsTheQuorum) {
  const Evaluation result = Evaluated(log_.Note({2}), log_.Policy());
  EXPECT_EQ(result.reason, PolicyReason::kNoQuorum);
  EXPECT_THAT(result.sentence, HasSubstr("1 of the policy's 3 witnesses"));
  EXPECT_EQ(Reason(log_.Note({})), PolicyReason::kNoQuorum);
  EXPECT_EQ(Reason(log_.Note({1, 2, 3})), PolicyReason::kHolds);
}

TEST_F(EvaluateTest, CountsAWitnessOnceHoweverOftenItHasCosigned) {
  EXPECT_EQ(Reason(NoteOf({log_.log().Sign(log_.Text()), log_.Cosign(1, 1), log_.Cosign(1, 2),
                           log_.Cosign(1, 3)})),
            PolicyReason::kNoQuorum);
}

TEST_F(EvaluateTest, DoesNotCountACosignatureFromTooFarAhead) {
  const UnixSeconds ahead = NoteLog::kNow + kMaxAhead + 1;
  const std::vector<NoteSignature> lines{log_.log().Sign(log_.Text()), log_.Cosign(1),
                                         log_.Cosign(2, ahead)};
  const Evaluation result = Evaluated(NoteOf(lines), log_.Policy());
  EXPECT_EQ(result.reason, PolicyReason::kNoQuorum);
  EXPECT_THAT(result.sentence, HasSubstr("ahead of ours: 1"));
  // One bad clock does not spoil what the others say.
  std::vector<NoteSignature> more = lines;
  more.push_back(log_.Cosign(3));
  EXPECT_EQ(Reason(NoteOf(more)), PolicyReason::kHolds);
}

TEST_F(EvaluateTest, NeedsALog) {
  EXPECT_EQ(Reason(NoteOf({log_.Cosign(1), log_.Cosign(2), log_.Cosign(3)})), PolicyReason::kNoLog);
  const StatusOr<Policy> no_logs = Policy::Parse(log_.hasher(), "quorum none\n");
  EXPECT_EQ(Evaluated(log_.Note({1, 2}), *no_logs).reason, PolicyReason::kNoLog);
}

TEST_F(EvaluateTest, LetsALogSpeakForItsOwnOriginOnly) {
  const NoteKey other(log_.hasher(), 9, "example.org/other");
  const StatusOr<Policy> policy =
      Policy::Parse(log_.hasher(), "log " + log_.Vkey(other) + '\n' + log_.PolicyText());
  ASSERT_TRUE(policy.ok()) << policy.status();
  const std::string forged = NoteOf({other.Sign(log_.Text()), log_.Cosign(1), log_.Cosign(2)});
  EXPECT_EQ(Evaluated(forged, *policy).reason, PolicyReason::kNoLog);
  const std::string both = NoteOf(
      {other.Sign(log_.Text()), log_.log().Sign(log_.Text()), log_.Cosign(1), log_.Cosign(2)});
  const Evaluation result = Evaluated(both, *policy);
  EXPECT_TRUE(result.holds());
  EXPECT_EQ(result.logs.size(), 1U);
}

// A key is rotated under a checkpoint that both sign.
TEST_F(EvaluateTest, ListsBothKeysOfALogThatChangesItsKey) {
  const NoteKey next(log_.hasher(), 9, NoteLog::kOrigin);
  const StatusOr<Policy> policy =
      Policy::Parse(log_.hasher(), "log " + log_.Vkey(next) + '\n' + log_.PolicyText());
  ASSERT_TRUE(policy.ok()) << policy.status();
  const Evaluation result = Evaluated(NoteOf({log_.log().Sign(log_.Text()), next.Sign(log_.Text()),
                                              log_.Cosign(1), log_.Cosign(2)}),
                                      *policy);
  EXPECT_TRUE(result.holds());
  EXPECT_EQ(result.logs.size(), 2U);
}

TEST_F(EvaluateTest, RefusesTheWholeForOneBadSignatureOfAKeyItKnows) {
  NoteSignature bad = log_.Cosign(3);
  bad.bytes[20] = static_cast<char>(bad.bytes[20] ^ 1);
  const Evaluation result = Evaluated(
      NoteOf({log_.log().Sign(log_.Text()), log_.Cosign(1), log_.Cosign(2), bad}), log_.Policy());
  EXPECT_EQ(result.reason, PolicyReason::kBadSignature);
  EXPECT_THAT(result.sentence, HasSubstr("witness.example/w3"));
  EXPECT_THAT(result.logs, IsEmpty());
  EXPECT_THAT(result.witnesses, IsEmpty());
}

TEST_F(EvaluateTest, SaysWhatIsNoCheckpoint) {
  EXPECT_THAT(Evaluate(log_.Policy(), "x", log_.context()), StatusIs(StatusCode::kInvalidArgument));
  const std::string note = *FormatNote({.text = "x\n", .signatures = {log_.log().Sign("x\n")}});
  EXPECT_THAT(Evaluate(log_.Policy(), note, log_.context()),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(EvaluateTest, HoldsNoLongerWithAnyBitFlipped) {
  const std::string note = log_.Note({1, 2});
  const Policy policy = log_.Policy();
  for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
    const StatusOr<Evaluation> result = Evaluate(policy, FlipBit(note, bit), log_.context());
    EXPECT_FALSE(result.ok() && result->holds()) << "bit " << bit;
  }
}

// With one witness to spare, a flip in a line may make it a stranger's: then the
// rest holds, about the same checkpoint.
TEST_F(EvaluateTest, NeverHoldsForAnythingElseWithABitFlipped) {
  const std::string note = log_.Note({1, 2, 3});
  const Policy policy = log_.Policy();
  std::size_t held = 0;
  for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
    const StatusOr<Evaluation> result = Evaluate(policy, FlipBit(note, bit), log_.context());
    if (!result.ok() || !result->holds()) continue;
    ++held;
    EXPECT_EQ(result->checkpoint, log_.Checkpoint()) << "bit " << bit;
    EXPECT_EQ(result->witnesses.size(), 2U) << "bit " << bit;
  }
  EXPECT_GT(held, 0U);  // else this tests nothing
}

}  // namespace
}  // namespace svidence::ledger
