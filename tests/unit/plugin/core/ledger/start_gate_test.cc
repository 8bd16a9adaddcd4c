#include "plugin/core/ledger/start_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/tree/tile_node_reader.h"
#include "tests/support/derived_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::DerivedLog;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class StartGateTest : public ::testing::Test {
 protected:
  StartGateTest() {
    log_.Grow(300);
    mark_ = MarkOf(log_.identity, log_.head(), log_.Checkpoint());
    log_.Derive();
    tree_ = log_.tree();
    log_.Grow(100);
  }
  // What a start that reads everything finds, and one that goes on from `covered`
  // entries, the two being the same.
  std::optional<Defect> Check() {
    const std::optional<Defect> whole = CheckWhole();
    const std::optional<Defect> quick = CheckQuickly();
    EXPECT_EQ(whole.has_value(), quick.has_value());
    if (whole && quick) {
      EXPECT_EQ(whole->sentence, quick->sentence);
    }
    return whole;
  }
  std::optional<Defect> CheckWhole() {
    StartGate gate(log_.hasher, &log_.verifier, mark_);
    for (const StoredEntry& entry : log_.store.All()) EXPECT_THAT(gate.See(entry.leaf), IsOk());
    return gate.Check(log_.identity, *KeySchedule::Begin(log_.hasher, log_.identity));
  }
  std::optional<Defect> CheckQuickly() {
    StartGate gate(log_.hasher, &log_.verifier, mark_);
    TileNodeReader nodes(log_.hasher, log_.derived, tree_.size());
    EXPECT_THAT(gate.Resume(tree_, log_.store, nodes), IsOk());
    const std::vector<StoredEntry> all = log_.store.All();
    for (std::size_t i = tree_.size(); i < all.size(); ++i) {
      EXPECT_THAT(gate.See(all[i].leaf), IsOk());
    }
    return gate.Check(log_.identity, *KeySchedule::Begin(log_.hasher, log_.identity));
  }
  void Expect(const char* says) {
    const std::optional<Defect> defect = Check();
    ASSERT_TRUE(defect);
    EXPECT_EQ(defect->kind, DefectKind::kMark);
    EXPECT_THAT(defect->sentence, HasSubstr(says));
  }

  DerivedLog log_;
  std::optional<HighWaterMark> mark_;
  CompactRange tree_;
};

TEST_F(StartGateTest, LetsALedgerThroughThatGoesOnFromTheMark) {
  EXPECT_FALSE(Check());
  mark_ = MarkOf(log_.identity, log_.head(), log_.Checkpoint());  // of the tail
  EXPECT_FALSE(Check());
  mark_->checkpoint.clear();  // of version 1
  EXPECT_FALSE(Check());
  mark_.reset();
  EXPECT_FALSE(Check());
}

TEST_F(StartGateTest, ComparesWithACheckpointOfAnySizeThatIsCovered) {
  CompactRange tree;
  for (const StoredEntry& entry : log_.store.All()) {
    ASSERT_THAT(tree.Append(log_.hasher, entry.leaf), IsOk());
    mark_->size = 400;
    mark_->leaf = log_.head().last_leaf;
    mark_->checkpoint = *SignTree(log_.key.signer(), tree.size(), tree.Root(log_.hasher));
    ASSERT_FALSE(Check()) << tree.size();
  }
}

TEST_F(StartGateTest, RefusesATreeThatTheLogHasNotSigned) {
  mark_->checkpoint = *SignTree(log_.key.signer(), 300, Digest{1});
  const std::optional<Defect> defect = Check();
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->kind, DefectKind::kMark);
  EXPECT_EQ(defect->index, 299U);
  EXPECT_THAT(defect->sentence, HasSubstr("has signed another tree of 300 entries"));
  // Both: what was signed, with its signature, and what is here, without one.
  const Checkpoint here{
      .origin = log_.identity.origin, .size = 300, .root = tree_.Root(log_.hasher)};
  std::string shown = *FormatCheckpoint(here);
  EXPECT_THAT(defect->sentence, HasSubstr(Quote(shown, 2048)));
  EXPECT_THAT(defect->sentence, HasSubstr(Quote(mark_->checkpoint, 2048)));
}

TEST_F(StartGateTest, RefusesACheckpointThatTheLogHasNotSigned) {
  const NoteKey thief(log_.hasher, 2, log_.identity.origin);
  mark_->checkpoint = *SignTree(thief.signer(), 300, tree_.Root(log_.hasher));
  Expect("is not one of this log");
}

TEST_F(StartGateTest, SaysWhatTheLongerTreeWas) {
  mark_ = MarkOf(log_.identity, log_.head(), log_.Checkpoint());
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries.resize(350); });
  const std::optional<Defect> defect = Check();
  ASSERT_TRUE(defect);
  EXPECT_THAT(defect->sentence, HasSubstr("has 350 entries, the high-water mark has seen 400"));
  EXPECT_THAT(defect->sentence, HasSubstr(Quote(mark_->checkpoint, 2048)));
  EXPECT_THAT(defect->sentence, HasSubstr("\\x0a350\\x0a"));
}

TEST_F(StartGateTest, RefusesOtherLogsAndOtherEntries) {
  mark_->leaf = Digest{1};
  Expect("was written anew");
  mark_->uuid[0] = 'f';
  Expect("is of log f");
}

TEST_F(StartGateTest, PassesNoCheckpointThatItCannotVerify) {
  StartGate gate(log_.hasher, nullptr, mark_);
  for (const StoredEntry& entry : log_.store.All()) ASSERT_THAT(gate.See(entry.leaf), IsOk());
  EXPECT_TRUE(gate.Check(log_.identity, *KeySchedule::Begin(log_.hasher, log_.identity)));
}

TEST_F(StartGateTest, SaysWhyItCannotReadWhatTheMarkNames) {
  StartGate gate(log_.hasher, &log_.verifier, mark_);
  TileNodeReader nodes(log_.hasher, log_.derived, tree_.size());
  log_.derived.FailReadsWith(Unavailable("no tiles"));
  EXPECT_THAT(gate.Resume(tree_, log_.store, nodes), StatusIs(StatusCode::kUnavailable));
  log_.store.FailReadsWith(Unavailable("no disk"));
  EXPECT_THAT(gate.Resume(tree_, log_.store, nodes), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
