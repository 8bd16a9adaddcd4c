#include "plugin/core/ledger/derived/derived_keeper.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/registry.h"
#include "tests/support/derived_log.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::DerivedLog;
using ::svidence::testing::FakeDerivedStore;
using ::svidence::testing::IsOk;
using ::testing::HasSubstr;

class DerivedKeeperTest : public ::testing::Test {
 protected:
  DerivedKeeper::Ports Ports() {
    return {.ledger = log_.store,
            .derived = log_.derived,
            .hasher = log_.hasher,
            .log = log_.key.signer(),
            .durable_head = [this] { return *log_.store.ReadHead(); }};
  }
  std::unique_ptr<DerivedKeeper> Keep(
      std::unique_ptr<DerivedWriter> writer = nullptr,
      std::chrono::milliseconds interval = std::chrono::milliseconds(1)) {
    return std::make_unique<DerivedKeeper>(
        Ports(), log_.identity.uuid, std::move(writer),
        DerivedKeeper::Settings{.interval = interval, .retry_intervals = 1});
  }
  static void Await(const DerivedKeeper& keeper, EntryIndex size) {
    while (keeper.covered() != size) std::this_thread::yield();
  }
  FakeDerivedStore::Content Expected() {
    const FakeDerivedStore::Content now = log_.derived.content();
    log_.Derive();
    FakeDerivedStore::Content expected = log_.derived.content();
    log_.derived.Set(now);
    return expected;
  }

  DerivedLog log_;
};

TEST_F(DerivedKeeperTest, FollowsTheLedger) {
  log_.Grow(300);
  {
    const auto keeper = Keep();
    Await(*keeper, 300);
    log_.Grow(100);
    Await(*keeper, 400);
    EXPECT_EQ(keeper->trouble(), "");
  }
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, CatchesUpAtTheEnd) {
  log_.Grow(10);
  {
    const auto keeper = Keep(nullptr, std::chrono::hours(1));
    Await(*keeper, 10);
    log_.Grow(490);
  }
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, GoesOnFromWhereAQuickStartEnded) {
  log_.Grow(300);
  log_.Derive();
  log_.Grow(100);
  registry::Registry registry;
  StatusOr<OpenedLedger> opened = OpenLedger(log_.Ports(), log_.Settings(), registry);
  ASSERT_THAT(opened, IsOk());
  ASSERT_TRUE(opened->quick);
  const std::size_t clears = log_.derived.clears();
  { const auto keeper = Keep(std::move(opened->derived)); }
  EXPECT_EQ(log_.derived.clears(), clears);
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, SealsWhatAFullStartHasFilled) {
  log_.Grow(300);
  registry::Registry registry;
  StatusOr<OpenedLedger> opened = OpenLedger(log_.Ports(), log_.Settings(), registry);
  ASSERT_THAT(opened, IsOk());
  const std::size_t clears = log_.derived.clears();
  { const auto keeper = Keep(std::move(opened->derived)); }
  EXPECT_EQ(log_.derived.clears(), clears);
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, SaysWhyItCannotWriteAndGoesOnWhenItCan) {
  log_.Grow(50);
  log_.derived.FailExtendsWith(ResourceExhausted("disk is full"));
  {
    const auto keeper = Keep();
    while (keeper->trouble().empty()) std::this_thread::yield();
    EXPECT_THAT(keeper->trouble(), HasSubstr("disk is full"));
    EXPECT_EQ(keeper->covered(), 0U);
    log_.derived.FailExtendsWith(OkStatus());
    Await(*keeper, 50);
    while (!keeper->trouble().empty()) std::this_thread::yield();
  }
  EXPECT_EQ(log_.derived.clears(), 1U);  // nothing was thrown away for it
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, BuildsDamagedStateAnew) {
  log_.Grow(50);
  {
    const auto keeper = Keep();
    Await(*keeper, 50);
    log_.derived.FailOnExtend(1, DataLoss("malformed database"));
    log_.Grow(50);
    Await(*keeper, 100);
  }
  EXPECT_EQ(log_.derived.clears(), 2U);
  EXPECT_EQ(log_.derived.content(), Expected());
}

TEST_F(DerivedKeeperTest, BuildsItAnewWhenSomebodyFindsItWrong) {
  log_.Grow(300);
  const auto keeper = Keep();
  Await(*keeper, 300);
  const FakeDerivedStore::Content good = log_.derived.content();
  FakeDerivedStore::Content bad = good;
  bad.tiles[{0, 0}] = testing::FlipBit(bad.tiles[{0, 0}], 77);
  log_.derived.Set(bad);
  keeper->Rebuild("a proof does not verify");
  while (log_.derived.content() != good) std::this_thread::yield();
  EXPECT_EQ(log_.derived.clears(), 2U);
}

TEST_F(DerivedKeeperTest, ALedgerThatHasChangedIsNotFollowed) {
  log_.Grow(100);
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries.back().bytes[60] ^= 1; });
  const auto keeper = Keep();
  while (keeper->trouble().empty()) std::this_thread::yield();
  EXPECT_THAT(keeper->trouble(), HasSubstr("entry 99, leaf"));
  EXPECT_EQ(keeper->covered(), 0U);
}

TEST_F(DerivedKeeperTest, WritesNothingOfALedgerThatIsEmpty) {
  { const auto keeper = Keep(); }
  EXPECT_EQ(log_.derived.content(), FakeDerivedStore::Content());
}

}  // namespace
}  // namespace svidence::ledger
