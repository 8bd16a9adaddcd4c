#include "plugin/core/ledger/audit/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::Untouched;
using ::testing::ElementsAre;

constexpr std::string_view kSubject = "spiffe://example.org/agent/buyer/1";

class HistoryTest : public ::testing::Test {
 protected:
  StatusOr<History> Find(EntryIndex size, std::size_t limit = 100) {
    StoreSource source = SourceOf(ledger_);
    const std::unique_ptr<EntryReader> reader = *source.OpenReader();
    return FindHistory(*reader, size, kSubject, limit);
  }
  static std::vector<EntryIndex> Indexes(const History& history) {
    std::vector<EntryIndex> indexes;
    for (const HistoryEntry& entry : history.entries) indexes.push_back(entry.index);
    return indexes;
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  TamperedLedger ledger_ = Untouched(OpenedChain(hasher_, 14));
};

TEST_F(HistoryTest, FindsAllEntriesOnTheSubjectUpToTheSize) {
  const StatusOr<History> history = Find(14);
  ASSERT_THAT(history, IsOk());
  EXPECT_THAT(Indexes(*history), ElementsAre(1, 4, 7, 10, 13));
  EXPECT_EQ(history->entries[1].bytes, ledger_.entries[4]->bytes);
  EXPECT_FALSE(history->gap);
  EXPECT_THAT(Indexes(*Find(13)), ElementsAre(1, 4, 7, 10));
}

TEST_F(HistoryTest, KeepsTheNewestAndCountsAll) {
  for (const std::size_t limit : {1U, 2U, 3U, 5U}) {
    const StatusOr<History> history = Find(14, limit);
    ASSERT_THAT(history, IsOk());
    EXPECT_EQ(history->entries.size(), limit);
    EXPECT_EQ(history->entries.back().index, 13U);
    EXPECT_EQ(history->count, 5U);
  }
  EXPECT_THAT(Find(14, 0), StatusIs(StatusCode::kInvalidArgument));
}

// A fork of the subject's own chain: both entries name the same one before them.
TEST_F(HistoryTest, SaysWhereTheLinksDoNotFollow) {
  std::string& bytes = ledger_.entries[10]->bytes;
  bytes.replace(bytes.find(R"("subject_prev":7)"), 16, R"("subject_prev":4)");
  const StatusOr<History> history = Find(14);
  ASSERT_THAT(history, IsOk());
  ASSERT_TRUE(history->gap);
  EXPECT_EQ(history->gap->index, 10U);
  EXPECT_EQ(history->gap->kind, DefectKind::kSubjectPrev);
}

TEST_F(HistoryTest, AnEntryThatIsNoneOrGoneIsDamage) {
  EXPECT_THAT(Find(15), StatusIs(StatusCode::kDataLoss));
  ledger_.entries[3]->bytes += ' ';
  EXPECT_THAT(Find(14), StatusIs(StatusCode::kDataLoss));
}

}  // namespace
}  // namespace svidence::ledger
