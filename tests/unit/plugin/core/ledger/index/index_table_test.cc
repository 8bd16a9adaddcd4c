#include "plugin/core/ledger/index/index_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/index_samples.h"

namespace svidence::ledger {
namespace {

class IndexTableTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher = *openssl::OpenSslHasher::Create();
};

TEST_F(IndexTableTest, CountsWhatTheEntriesSay) {
  for (const std::size_t count : {1U, 9U, 10U, 15U, 200U}) {
    const auto entries = testing::SubjectChain(hasher, count, 7);
    const IndexTable table = testing::TableOf(hasher, entries);
    const auto expected = testing::CountSubjects(hasher, entries);
    ASSERT_EQ(table.size(), count);
    const SubjectTree tree = *table.Build();
    ASSERT_EQ(tree.records().size(), expected.size());
    for (const SubjectRecord& record : tree.records()) {
      EXPECT_EQ(record, expected.at(record.key)) << count;
    }
  }
}

TEST_F(IndexTableTest, GivesTheSameRootWithAndWithoutTheTree) {
  const IndexTable table = testing::TableOf(hasher, testing::SubjectChain(hasher, 100, 13));
  EXPECT_EQ(*table.Root(), table.Build()->root());
  EXPECT_EQ(IndexTable(hasher).Root()->leaves, 0U);
}

TEST_F(IndexTableTest, TakesEntriesInOrderOnly) {
  const auto entries = testing::SubjectChain(hasher, 3, 2);
  IndexTable table(hasher);
  const EntryView second = *ScanEntry(entries[1].bytes);
  EXPECT_EQ(table.Fold(second, entries[1].leaf).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(IndexTableTest, RefusesMoreSubjectsThanItsBound) {
  const auto entries = testing::SubjectChain(hasher, 10, 10);
  IndexTable table(hasher, 3);
  Status last;
  for (const StoredEntry& stored : entries) {
    last = table.Fold(*ScanEntry(stored.bytes), stored.leaf);
    if (!last.ok()) break;
  }
  EXPECT_EQ(last.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(table.subjects(), 3U);
}

}  // namespace
}  // namespace svidence::ledger
