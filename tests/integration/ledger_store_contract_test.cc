// What every LedgerStore must do. The same cases run against the fake and
// against SQLite, so that the fake cannot drift from the real thing.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/sqlite/ledger_store.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

struct FakeBackend {
  ledger::LedgerStore& Store() { return store; }
  testing::FakeLedgerStore store;
};

struct SqliteBackend {
  SqliteBackend() : store(*sqlite::LedgerStore::Open(directory.File(sqlite::kLedgerFile))) {}
  ledger::LedgerStore& Store() { return *store; }
  testing::TemporaryDirectory directory;
  std::unique_ptr<sqlite::LedgerStore> store;
};

ledger::StoredEntry EntryOf(std::uint8_t n, std::size_t size = 3) {
  ledger::StoredEntry entry{.bytes = std::string(size, static_cast<char>('a' + n)), .leaf = {}};
  entry.leaf.fill(n);
  return entry;
}

template <typename Backend>
class LedgerStoreContractTest : public ::testing::Test {
 protected:
  ledger::LedgerStore& store() { return backend_.Store(); }

  // Appends entries `from`..`to`-1 in one batch behind what is there.
  void Add(std::uint8_t from, std::uint8_t to) {
    std::vector<ledger::StoredEntry> entries;
    for (std::uint8_t n = from; n < to; ++n) entries.push_back(EntryOf(n));
    const StatusOr<ledger::Head> head = store().ReadHead();
    ASSERT_THAT(head, IsOk());
    ASSERT_THAT(store().Append(*head, entries), IsOk());
  }

  Backend backend_;
};

using Backends = ::testing::Types<FakeBackend, SqliteBackend>;
TYPED_TEST_SUITE(LedgerStoreContractTest, Backends);

TYPED_TEST(LedgerStoreContractTest, BeginsEmpty) {
  EXPECT_THAT(this->store().ReadHead(), IsOkAndHolds(ledger::Head{}));
  const auto entries = this->store().Read(0, 10, 1000);
  ASSERT_THAT(entries, IsOk());
  EXPECT_TRUE(entries->empty());
}

TYPED_TEST(LedgerStoreContractTest, GivesBackWhatWasAppendedInOrder) {
  this->Add(0, 3);
  this->Add(3, 5);
  EXPECT_THAT(this->store().ReadHead(),
              IsOkAndHolds(ledger::Head{.size = 5, .last_leaf = EntryOf(4).leaf}));
  const auto entries = this->store().Read(1, 10, 1000);
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 4U);
  for (std::uint8_t n = 1; n < 5; ++n) {
    EXPECT_EQ((*entries)[n - 1U].bytes, EntryOf(n).bytes);
    EXPECT_EQ((*entries)[n - 1U].leaf, EntryOf(n).leaf);
  }
}

TYPED_TEST(LedgerStoreContractTest, KeepsAnyByte) {
  ledger::StoredEntry entry{.bytes = std::string("\0\xff'\n", 4), .leaf = {}};
  ASSERT_THAT(this->store().Append({}, {&entry, 1}), IsOk());
  const auto entries = this->store().Read(0, 1, 1);
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ(entries->front().bytes, entry.bytes);
}

TYPED_TEST(LedgerStoreContractTest, ReadsWithinTheBoundsButAtLeastOneEntry) {
  this->Add(0, 5);
  const auto by_count = this->store().Read(0, 2, 1000);
  ASSERT_THAT(by_count, IsOk());
  EXPECT_EQ(by_count->size(), 2U);
  const auto by_bytes = this->store().Read(0, 10, 7);
  ASSERT_THAT(by_bytes, IsOk());
  EXPECT_EQ(by_bytes->size(), 2U);
  const auto at_least_one = this->store().Read(4, 10, 1);
  ASSERT_THAT(at_least_one, IsOk());
  EXPECT_EQ(at_least_one->size(), 1U);
  const auto past_the_end = this->store().Read(5, 10, 1000);
  ASSERT_THAT(past_the_end, IsOk());
  EXPECT_TRUE(past_the_end->empty());
}

TYPED_TEST(LedgerStoreContractTest, RefusesToAppendBehindAnotherHead) {
  this->Add(0, 2);
  const ledger::StoredEntry entry = EntryOf(9);
  EXPECT_THAT(this->store().Append({}, {&entry, 1}), StatusIs(StatusCode::kFailedPrecondition));
  const ledger::Head other_leaf{.size = 2, .last_leaf = EntryOf(7).leaf};
  EXPECT_THAT(this->store().Append(other_leaf, {&entry, 1}),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(this->store().ReadHead(),
              IsOkAndHolds(ledger::Head{.size = 2, .last_leaf = EntryOf(1).leaf}));
  this->Add(2, 3);
}

TYPED_TEST(LedgerStoreContractTest, AppendingNothingChangesNothing) {
  EXPECT_THAT(this->store().Append({}, {}), IsOk());
  EXPECT_THAT(this->store().ReadHead(), IsOkAndHolds(ledger::Head{}));
}

}  // namespace
}  // namespace svidence
