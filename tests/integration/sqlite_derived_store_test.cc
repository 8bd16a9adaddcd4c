// What only the file-backed store can get wrong: damaged and foreign files, and what
// a start makes of them.
#include "plugin/adapters/sqlite/derived_store.h"

#include <csignal>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/core/ledger/derived/derived_keeper.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/registry.h"
#include "tests/support/derived_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::sqlite {
namespace {

using ::svidence::testing::DerivedLog;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

class SqliteDerivedStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<DerivedStore> Open() {
    StatusOr<std::unique_ptr<DerivedStore>> store = DerivedStore::Open(path_, log_.hasher);
    EXPECT_THAT(store, IsOk());
    return *std::move(store);
  }
  // Writes the derived state of the log as it is, as a server would.
  void Derive() {
    const auto store = Open();
    ledger::DerivedWriter writer(*store, log_.hasher, log_.identity.uuid);
    ASSERT_THAT(writer.Restart(), IsOk());
    for (const ledger::StoredEntry& entry : log_.store.All()) {
      ASSERT_THAT(writer.Add(*ledger::ScanEntry(entry.bytes), entry.leaf), IsOk());
    }
    ASSERT_THAT(writer.Flush(&log_.key.signer()), IsOk());
  }
  StatusOr<ledger::OpenedLedger> Start(registry::Registry& registry) {
    const auto store = Open();
    ledger::OpenPorts ports = log_.Ports();
    ports.derived = store.get();
    StatusOr<ledger::OpenedLedger> opened = OpenLedger(ports, log_.Settings(), registry);
    if (opened.ok()) opened->derived.reset();  // it uses the store
    return opened;
  }
  void Meddle(const std::string& sql) const {
    StatusOr<Database> db = Database::Open(path_, OpenMode::kCreate);
    ASSERT_THAT(db, IsOk());
    ASSERT_THAT(db->Execute(sql), IsOk());
  }
  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void SetBytes(const std::string& bytes) const {
    for (const char* suffix : {"-wal", "-shm"}) unlink((path_ + suffix).c_str());
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  DerivedLog log_;
  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.File(kDerivedFile);
};

TEST_F(SqliteDerivedStoreTest, FindsItsStateAgain) {
  log_.Grow(300);
  Derive();
  EXPECT_THAT(Open()->CoveredSize(), IsOkAndHolds(300U));
  registry::Registry registry;
  EXPECT_TRUE(Start(registry)->quick);
}

TEST_F(SqliteDerivedStoreTest, MakesAFileAnewThatIsNotItsOwn) {
  log_.Grow(10);
  for (const char* sql : {"CREATE TABLE t(x)", "PRAGMA user_version = 2",
                          "PRAGMA application_id = 7", "DROP TABLE tiles", "DROP TABLE covered"}) {
    SCOPED_TRACE(sql);
    if (std::string_view(sql) != "CREATE TABLE t(x)") Derive();
    Meddle(sql);
    EXPECT_THAT(Open()->CoveredSize(), IsOkAndHolds(0U));
    ASSERT_THAT(Open()->Clear(), IsOk());
    unlink(path_.c_str());
  }
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_THAT(Open()->CoveredSize(), IsOkAndHolds(0U));
}

TEST_F(SqliteDerivedStoreTest, SaysWhenItCannotBeMade) {
  path_ = directory_.File("missing/derived.db");
  EXPECT_FALSE(DerivedStore::Open(path_, log_.hasher).ok());
}

TEST_F(SqliteDerivedStoreTest, NoticesADamagedTileWhereverItStands) {
  log_.Grow(600);
  Derive();
  Meddle("UPDATE tiles SET hashes = zeroblob(8192) WHERE id = 0");
  DerivedTiles tiles(path_, log_.hasher);
  EXPECT_THAT(tiles.Read("tile/0/000", 8192), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(tiles.Read("tile/0/001", 8192), IsOk());
  Meddle("DELETE FROM tiles WHERE id = 1");
  EXPECT_THAT(tiles.Read("tile/0/001", 8192), StatusIs(StatusCode::kDataLoss));
  Meddle("UPDATE tiles SET sum = x''");
  EXPECT_THAT(tiles.Read("tile/0/002.p/88", 8192), StatusIs(StatusCode::kDataLoss));
  Meddle("DELETE FROM covered");
  EXPECT_THAT(tiles.CoveredSize(), StatusIs(StatusCode::kDataLoss));
}

// Any byte of the file: the start finds it or it is harmless; it always gives what a
// start without derived state gives.
TEST_F(SqliteDerivedStoreTest, EveryByteOfTheFileIsFoundOrHarmless) {
  log_.Grow(400);
  Derive();
  const std::string good = Bytes();
  ASSERT_GT(good.size(), 20'000U);
  ledger::OpenPorts ports = log_.Ports();
  ports.derived = nullptr;
  registry::Registry expected;
  const StatusOr<ledger::OpenedLedger> full = OpenLedger(ports, log_.Settings(), expected);
  ASSERT_THAT(full, IsOk());
  int quick = 0;
  int whole = 0;
  for (std::size_t at = 0; at < good.size(); at += 211) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    SetBytes(bad);
    registry::Registry registry;
    const StatusOr<ledger::OpenedLedger> opened = Start(registry);
    ASSERT_THAT(opened, IsOk()) << at;
    ++(opened->quick ? quick : whole);
    ASSERT_EQ(opened->start.tree, full->start.tree) << at;
    ASSERT_EQ(opened->start.subjects->size(), full->start.subjects->size()) << at;
    for (const ledger::StoredEntry& stored : log_.store.All()) {
      const ledger::EntryView view = *ledger::ScanEntry(stored.bytes);
      ASSERT_EQ(opened->start.subjects->Last(view.subject),
                full->start.subjects->Last(view.subject))
          << at;
    }
    ASSERT_EQ(registry.ListRevoked(), expected.ListRevoked()) << at;
    ASSERT_EQ(registry.NotUnderstood(), expected.NotUnderstood()) << at;
  }
  EXPECT_GT(quick, 0);  // unused parts of pages, tiles that a start does not need
  EXPECT_GT(whole, 0);
}

TEST_F(SqliteDerivedStoreTest, EveryCutIsFound) {
  log_.Grow(400);
  Derive();
  const std::string good = Bytes();
  for (std::size_t size = 0; size < good.size(); size += 1000) {
    SetBytes(good.substr(0, size));
    registry::Registry registry;
    const StatusOr<ledger::OpenedLedger> opened = Start(registry);
    ASSERT_THAT(opened, IsOk()) << size;
    EXPECT_FALSE(opened->quick) << size;
  }
}

TEST_F(SqliteDerivedStoreTest, TilesAreReadBesideTheWriterAndFollowANewFile) {
  log_.Grow(300);
  DerivedTiles tiles(path_, log_.hasher);
  EXPECT_THAT(tiles.CoveredSize(), IsOkAndHolds(0U));
  EXPECT_THAT(tiles.Read("tile/0/000.p/1", 8192), StatusIs(StatusCode::kNotFound));
  const auto store = Open();
  ASSERT_THAT(
      store->Extend({.from = 0, .size = 1, .seal = "", .tiles = {{0, 0, std::string(32, 'a')}}}),
      IsOk());
  EXPECT_THAT(tiles.Read("tile/0/000.p/1", 8192), IsOkAndHolds(std::string(32, 'a')));
  ASSERT_THAT(store->Clear(), IsOk());
  EXPECT_THAT(tiles.CoveredSize(), IsOkAndHolds(0U));
  ASSERT_THAT(
      store->Extend({.from = 0, .size = 1, .seal = "", .tiles = {{0, 0, std::string(32, 'b')}}}),
      IsOk());
  EXPECT_THAT(tiles.Read("tile/0/000.p/1", 8192), IsOkAndHolds(std::string(32, 'b')));
}

// A keeper that is killed while it writes leaves a state from which a start goes on.
TEST_F(SqliteDerivedStoreTest, SurvivesSigkillWhileItIsWritten) {
  log_.Grow(3000);
  for (int round = 0; round < 5; ++round) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto store = DerivedStore::Open(path_, log_.hasher);
      if (!store.ok()) _exit(2);
      ledger::DerivedWriter writer(**store, log_.hasher, log_.identity.uuid);
      if (!writer.Restart().ok()) _exit(3);
      for (const ledger::StoredEntry& entry : log_.store.All()) {
        if (!writer.Add(*ledger::ScanEntry(entry.bytes), entry.leaf).ok()) _exit(4);
        if (!writer.Flush(&log_.key.signer()).ok()) _exit(5);
        if (writer.stored() == 50U + 100U * static_cast<unsigned>(round) &&
            write(ready[1], "x", 1) != 1) {
          _exit(6);
        }
      }
      pause();
    }
    char got = 0;
    ASSERT_EQ(read(ready[0], &got, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    registry::Registry registry;
    const StatusOr<ledger::OpenedLedger> opened = Start(registry);
    ASSERT_THAT(opened, IsOk());
    EXPECT_TRUE(opened->quick) << opened->why_not_quick;
    EXPECT_EQ(opened->start.tree, log_.tree());
  }
}

}  // namespace
}  // namespace svidence::sqlite
