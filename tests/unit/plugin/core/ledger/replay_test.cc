#include "plugin/core/ledger/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/key_changes.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::HeadOf;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::SampleIdentity;
using ::svidence::testing::StatusIs;

class ReplayTest : public ::testing::Test {
 protected:
  void Fill(const std::vector<StoredEntry>& entries) {
    store_.Tamper([&entries](std::vector<StoredEntry>& stored) { stored = entries; });
  }
  StatusOr<std::optional<Defect>> Run(std::optional<EntryIndex> end,
                                      const OnProgress& progress = {}) {
    return replay_.Run(
        end,
        [this](const EntryView&, const Digest&) {
          ++visited_;
          return visit_;
        },
        progress);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  FakeLedgerStore store_;
  SubjectIndex subjects_{hasher_};
  Replay replay_{store_, hasher_, subjects_};
  EntryIndex visited_ = 0;
  Status visit_;
};

TEST_F(ReplayTest, VisitsEveryEntryInSlices) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 3000);
  Fill(entries);
  std::vector<EntryIndex> done;
  const auto defect = Run(3000, [&done](const Progress& progress) {
    EXPECT_EQ(progress.total, 3000U);
    done.push_back(progress.done);
    return OkStatus();
  });
  ASSERT_THAT(defect, IsOk());
  EXPECT_FALSE(*defect);
  EXPECT_EQ(visited_, 3000U);
  EXPECT_EQ(replay_.head(), HeadOf(entries));
  EXPECT_EQ(*replay_.identity(), SampleIdentity(hasher_));
  EXPECT_THAT(done, ::testing::ElementsAre(1024U, 2048U, 3000U));
}

class KeyReplayTest : public ReplayTest {
 protected:
  std::optional<Defect> RunAll(const Ed25519Verifier* verifier) {
    SubjectIndex subjects(hasher_);
    Replay replay(store_, hasher_, subjects, verifier);
    const auto defect =
        replay.Run(std::nullopt, [](const EntryView&, const Digest&) { return OkStatus(); }, {});
    EXPECT_THAT(defect, IsOk());
    keys_ = replay.keys();
    return *defect;
  }

  openssl::OpenSslEd25519Verifier verifier_;
  svidence::testing::KeyChanges changes_{hasher_};
  std::optional<KeySchedule> keys_;
};

TEST_F(KeyReplayTest, FollowsAChangeOfKeys) {
  Fill(changes_.Chain(10, 6));
  EXPECT_FALSE(RunAll(&verifier_));
  ASSERT_TRUE(keys_);
  EXPECT_EQ(keys_->current().key.vkey, changes_.Key(2).vkey());
  EXPECT_EQ(keys_->current().first_size, 7U);
}

TEST_F(KeyReplayTest, FindsAChangeThatTheOldKeyHasNotSigned) {
  Fill(svidence::testing::WriteChain(hasher_, 4, 0, [this](std::size_t i) {
    if (i == 0) return DraftOpened(changes_.Identity(), "server:a");
    return i == 2 ? changes_.Change(3, 2) : svidence::testing::SampleDraft("log");
  }));
  const std::optional<Defect> defect = RunAll(&verifier_);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->index, 2U);
  EXPECT_EQ(defect->kind, DefectKind::kKey);
  EXPECT_EQ(keys_->keys().size(), 1U);
}

TEST_F(KeyReplayTest, AChangeThatNobodyCanCheckIsNotTaken) {
  Fill(changes_.Chain(10, 6));
  const std::optional<Defect> defect = RunAll(nullptr);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->index, 6U);
  EXPECT_EQ(defect->kind, DefectKind::kKey);
}

TEST_F(ReplayTest, GoesOnWhereItStopped) {
  const std::vector<StoredEntry> entries = OpenedChain(hasher_, 10);
  Fill(entries);
  ASSERT_FALSE(*Run(4));
  EXPECT_EQ(visited_, 4U);
  ASSERT_FALSE(*Run(std::nullopt));
  EXPECT_EQ(visited_, 10U);
}

TEST_F(ReplayTest, FindsThatEntriesAreMissingAtTheEnd) {
  Fill(OpenedChain(hasher_, 10));
  const auto defect = Run(11);
  ASSERT_TRUE(*defect);
  EXPECT_EQ((*defect)->index, 10U);
  EXPECT_EQ((*defect)->kind, DefectKind::kMissing);
}

TEST_F(ReplayTest, FindsALogThatDoesNotBeginAsOne) {
  Fill(svidence::testing::SampleChain(hasher_, 3));
  const auto defect = Run(3);
  ASSERT_TRUE(*defect);
  EXPECT_EQ((*defect)->index, 0U);
  EXPECT_EQ((*defect)->kind, DefectKind::kOpening);
  EXPECT_EQ(visited_, 0U);
}

TEST_F(ReplayTest, FindsALogThatBeginsTwice) {
  ChainWriter writer(
      hasher_,
      {.head = {}, .last_at_millis = 0, .subjects = std::make_unique<SubjectIndex>(hasher_)});
  writer.Begin();
  ASSERT_THAT(writer.Add(DraftOpened(SampleIdentity(hasher_), "server:a"), 0), IsOk());
  ASSERT_THAT(writer.Add(DraftOpened(SampleIdentity(hasher_), "server:a"), 0), IsOk());
  Fill({writer.entries().begin(), writer.entries().end()});
  const auto defect = Run(2);
  ASSERT_TRUE(*defect);
  EXPECT_EQ((*defect)->index, 1U);
  EXPECT_EQ((*defect)->kind, DefectKind::kOpening);
}

TEST_F(ReplayTest, EndsWithTheVisitorsError) {
  Fill(OpenedChain(hasher_, 10));
  visit_ = FailedPrecondition("no");
  EXPECT_THAT(Run(10), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_EQ(visited_, 1U);
}

TEST_F(ReplayTest, EndsWhenProgressSaysSo) {
  Fill(OpenedChain(hasher_, 3000));
  EXPECT_THAT(Run(3000, [](const Progress&) { return Unavailable("stopped"); }),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(visited_, 1024U);
}

TEST_F(ReplayTest, TellsAStoreThatCannotBeReadFromADamagedOne) {
  Fill(OpenedChain(hasher_, 10));
  store_.FailReadsWith(Unavailable("no disk"));
  EXPECT_THAT(Run(10), StatusIs(StatusCode::kUnavailable));
  store_.FailReadsWith(DataLoss("entry 0 is missing"));
  const auto defect = Run(10);
  ASSERT_THAT(defect, IsOk());
  ASSERT_TRUE(*defect);
  EXPECT_EQ((*defect)->kind, DefectKind::kMissing);
  EXPECT_EQ((*defect)->sentence, "entry 0 is missing");
}

}  // namespace
}  // namespace svidence::ledger
