#include "plugin/core/ledger/audit/store_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::HeadOf;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::Untouched;

class StoreSourceTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  TamperedLedger ledger_ = Untouched(OpenedChain(hasher_, 6));
};

TEST_F(StoreSourceTest, GivesEntriesWithTheirStoredHashes) {
  StoreSource source = SourceOf(ledger_);
  EXPECT_EQ(**source.Size(), 6U);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  EntryBlock block;
  ASSERT_THAT(reader->Read(2, 3, block), IsOk());
  ASSERT_EQ(block.entries.size(), 3U);
  EXPECT_EQ(block.entries[0], ledger_.entries[2]->bytes);
  EXPECT_EQ(block.leaves[2], ledger_.entries[4]->leaf);
  EXPECT_TRUE(reader->ReadTile({.level = 1})->empty());
}

TEST_F(StoreSourceTest, GivesThoseBeforeAnEntryThatIsGone) {
  ledger_.entries[3].reset();
  StoreSource source = SourceOf(ledger_);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  EntryBlock block;
  ASSERT_THAT(reader->Read(2, 3, block), IsOk());
  EXPECT_EQ(block.entries.size(), 1U);
  ASSERT_THAT(reader->Read(3, 3, block), IsOk());
  EXPECT_TRUE(block.entries.empty());
  EXPECT_EQ(block.defect->kind, DefectKind::kMissing);
}

TEST_F(StoreSourceTest, ADamagedEndHidesNothingAndIsFoundLast) {
  ledger_.head = DataLoss("the head does not fit");
  StoreSource source = SourceOf(ledger_);
  EXPECT_FALSE(*source.Size());
  const StatusOr<std::optional<Defect>> defect = source.CheckEnd(Head{.size = 6});
  ASSERT_THAT(defect, IsOk());
  EXPECT_EQ((*defect)->kind, DefectKind::kHead);
}

TEST_F(StoreSourceTest, AStoreThatFailsIsAnError) {
  ledger_.head = Unavailable("no disk");
  StoreSource source = SourceOf(ledger_);
  EXPECT_THAT(source.Size(), StatusIs(StatusCode::kUnavailable));
  StoreSource closed(nullptr, [] {
    return StatusOr<std::unique_ptr<LedgerStore>>(Unavailable("no more of them"));
  });
  EXPECT_THAT(closed.OpenReader(), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::ledger
