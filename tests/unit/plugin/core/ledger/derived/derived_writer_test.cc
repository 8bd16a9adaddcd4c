#include "plugin/core/ledger/derived/derived_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"
#include "tests/support/derived_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::DerivedLog;
using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::FakeDerivedStore;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

class DerivedWriterTest : public ::testing::Test {
 protected:
  // Adds entries up to `end`.
  void AddTo(DerivedWriter& writer, EntryIndex end) {
    const std::vector<StoredEntry> all = log_.store.All();
    while (writer.head().size < end) {
      const StoredEntry& entry = all[writer.head().size];
      ASSERT_THAT(writer.Add(*ScanEntry(entry.bytes), entry.leaf), IsOk());
    }
  }
  // Roots over the first 1, 2, 3... entries, by the tree alone.
  std::vector<Digest> Roots() const {
    std::vector<Digest> roots;
    CompactRange tree;
    for (const StoredEntry& entry : log_.store.All()) {
      EXPECT_THAT(tree.Append(log_.hasher, entry.leaf), IsOk());
      roots.push_back(tree.Root(log_.hasher));
    }
    return roots;
  }

  DerivedLog log_;
};

TEST_F(DerivedWriterTest, GivesTheSameStateHoweverTheEntriesAreSliced) {
  log_.Grow(1500);
  log_.Derive();
  const FakeDerivedStore::Content whole = log_.derived.content();
  for (const EntryIndex slice : {EntryIndex{1}, EntryIndex{7}, EntryIndex{255}, EntryIndex{256},
                                 EntryIndex{257}, EntryIndex{1000}}) {
    FakeDerivedStore store;
    DerivedWriter writer(store, log_.hasher, log_.identity.uuid);
    ASSERT_THAT(writer.Restart(), IsOk());
    for (EntryIndex end = 0; end < 1500;) {
      end = std::min<EntryIndex>(1500, end + slice);
      AddTo(writer, end);
      ASSERT_THAT(writer.Flush(&log_.key.signer()), IsOk());
    }
    EXPECT_EQ(store.content(), whole) << slice;
  }
}

TEST_F(DerivedWriterTest, ServesEveryTreeUpToTheCoveredOne) {
  log_.Grow(700);
  log_.Derive();
  const std::vector<Digest> roots = Roots();
  for (EntryIndex size = 1; size <= 700; ++size) {
    TileNodeReader nodes(log_.hasher, log_.derived, size);
    EXPECT_THAT(RootAt(log_.hasher, nodes, size), IsOkAndHolds(roots[size - 1])) << size;
  }
}

TEST_F(DerivedWriterTest, KnowsTheLastEntryOfEachSubjectAndAllStateEntries) {
  log_.Grow(300);
  log_.Derive();
  std::map<SubjectKey, EntryIndex> subjects;
  std::set<EntryIndex> states;
  for (const StoredEntry& stored : log_.store.All()) {
    const Entry entry = *ParseEntry(stored.bytes);
    subjects[SubjectKeyOf(log_.hasher, entry.subject)] = entry.place.index;
    if (!entry.type.starts_with("issue.")) states.insert(entry.place.index);
  }
  EXPECT_EQ(log_.derived.content().subjects, subjects);
  EXPECT_EQ(log_.derived.content().states, states);
  EXPECT_EQ(states.count(0), 1U);
}

TEST_F(DerivedWriterTest, GoesOnFromWhatIsStored) {
  log_.Grow(900);
  log_.Derive();
  const FakeDerivedStore::Content whole = log_.derived.content();
  for (const EntryIndex cut : {EntryIndex{1}, EntryIndex{255}, EntryIndex{256}, EntryIndex{600}}) {
    DerivedWriter first(log_.derived, log_.hasher, log_.identity.uuid);
    ASSERT_THAT(first.Restart(), IsOk());
    AddTo(first, cut);
    ASSERT_THAT(first.Flush(&log_.key.signer()), IsOk());
    CompactRange tree;
    for (EntryIndex i = 0; i < cut; ++i) {
      ASSERT_THAT(tree.Append(log_.hasher, log_.store.All()[i].leaf), IsOk());
    }
    StatusOr<DerivedWriter> second =
        DerivedWriter::Resume(log_.derived, log_.hasher, first.state(), tree);
    ASSERT_THAT(second, IsOk());
    AddTo(*second, 900);
    ASSERT_THAT(second->Flush(&log_.key.signer()), IsOk());
    EXPECT_EQ(log_.derived.content(), whole) << cut;
  }
}

TEST_F(DerivedWriterTest, AFlushThatFailsIsTriedAgain) {
  log_.Grow(600);
  log_.Derive();
  const FakeDerivedStore::Content whole = log_.derived.content();
  DerivedWriter writer(log_.derived, log_.hasher, log_.identity.uuid);
  ASSERT_THAT(writer.Restart(), IsOk());
  AddTo(writer, 300);
  log_.derived.FailOnExtend(1, ResourceExhausted("disk is full"));
  EXPECT_THAT(writer.Flush(&log_.key.signer()), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(writer.stored(), 0U);
  AddTo(writer, 500);
  const FailingNoteSigner down("x", KeyType::kEd25519, Unavailable("no agent"));
  EXPECT_THAT(writer.Flush(&down), StatusIs(StatusCode::kUnavailable));
  AddTo(writer, 600);
  EXPECT_THAT(writer.Flush(&log_.key.signer()), IsOk());
  EXPECT_EQ(log_.derived.content(), whole);
  EXPECT_TRUE(writer.sealed());
}

TEST_F(DerivedWriterTest, SealsLaterWhatWasStoredWithoutASeal) {
  log_.Grow(10);
  DerivedWriter writer(log_.derived, log_.hasher, log_.identity.uuid);
  AddTo(writer, 10);
  ASSERT_THAT(writer.Flush(nullptr), IsOk());
  EXPECT_FALSE(writer.sealed());
  EXPECT_THAT(log_.derived.ReadSeal(), StatusIs(StatusCode::kNotFound));
  ASSERT_THAT(writer.Flush(&log_.key.signer()), IsOk());
  EXPECT_TRUE(writer.sealed());
  EXPECT_THAT(log_.derived.ReadSeal(), IsOk());
}

TEST_F(DerivedWriterTest, TakesTheNextEntryOnlyAndOneSliceAtMost) {
  log_.Grow(2);
  const std::vector<StoredEntry> all = log_.store.All();
  DerivedWriter writer(log_.derived, log_.hasher, log_.identity.uuid);
  EXPECT_THAT(writer.Add(*ScanEntry(all[1].bytes), all[1].leaf),
              StatusIs(StatusCode::kInvalidArgument));
  EntryView view = *ScanEntry(all[0].bytes);
  for (view.place.index = 0; view.place.index < kMaxDerivedSlice; ++view.place.index) {
    ASSERT_THAT(writer.Add(view, all[0].leaf), IsOk());
  }
  EXPECT_TRUE(writer.full());
  EXPECT_THAT(writer.Add(view, all[0].leaf), StatusIs(StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace svidence::ledger
