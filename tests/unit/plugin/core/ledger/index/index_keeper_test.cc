#include "plugin/core/ledger/index/index_keeper.h"

#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/index/index_entry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/index_samples.h"

namespace svidence::ledger {
namespace {

class Observer final : public CommitObserver {
 public:
  void OnCommitted(const Entry& entry) override {
    if (entry.type == kIndexBuiltType) built.push_back(entry);
  }
  std::vector<Entry> built;
};

class IndexKeeperTest : public ::testing::Test {
 protected:
  // A committer that goes on behind `entries`.
  void Open(const std::vector<StoredEntry>& entries) {
    ASSERT_TRUE(store.Append({}, entries).ok());
    auto subjects = std::make_unique<SubjectIndex>(hasher);
    CompactRange tree;
    for (const StoredEntry& stored : entries) {
      const EntryView view = *ScanEntry(stored.bytes);
      subjects->Set(view.subject, view.place.index);
      ASSERT_TRUE(tree.Append(hasher, stored.leaf).ok());
    }
    committer = std::make_unique<Committer>(
        Committer::Ports{store, hasher, clock, observer},
        ChainWriter::Start{
            .head = *store.ReadHead(), .subjects = std::move(subjects), .tree = tree});
  }
  // Waits for what the keeper's thread must come to.
  template <typename Done>
  static bool Await(const Done& done) {
    for (int i = 0; i < 10'000 && !done(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return done();
  }

  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
  testing::FakeLedgerStore store;
  testing::FakeClock clock;
  Observer observer;
  std::unique_ptr<Committer> committer;
};

TEST_F(IndexKeeperTest, LetsTheLedgerNameItsIndex) {
  const auto entries = testing::SubjectChain(hasher, 50, 5);
  Open(entries);
  {
    IndexKeeper keeper({store, *committer, hasher, clock}, {.by = "server:a"},
                       std::chrono::milliseconds(1));
    EXPECT_TRUE(Await([&] { return committer->Stats().head.size == 51; }));
    EXPECT_TRUE(Await([&] { return keeper.Stats().covered == 51; }));
    EXPECT_EQ(keeper.Stats().trouble, "");
  }
  committer.reset();
  ASSERT_EQ(observer.built.size(), 1U);
  EXPECT_EQ(*ParseIndexBuilt(observer.built[0]), *testing::TableOf(hasher, entries).Root());
}

TEST_F(IndexKeeperTest, EndsWithTheReasonWhenTheLedgerIsDamaged) {
  Open(testing::SubjectChain(hasher, 50, 5));
  store.Tamper([](std::vector<StoredEntry>& all) { all[20].bytes.pop_back(); });
  IndexKeeper keeper({store, *committer, hasher, clock}, {.by = "server:a"},
                     std::chrono::milliseconds(1));
  EXPECT_TRUE(Await([&] { return !keeper.Stats().trouble.empty(); }));
  EXPECT_THAT(keeper.Stats().trouble, ::testing::HasSubstr("entry 20 is damaged"));
}

}  // namespace
}  // namespace svidence::ledger
