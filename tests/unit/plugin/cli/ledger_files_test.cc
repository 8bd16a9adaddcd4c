#include "plugin/cli/ledger_files.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/adapters/sqlite/sponsor_directory.h"
#include "plugin/core/ledger/backup.h"
#include "plugin/core/ledger/open.h"
#include "tests/support/fake_clock.h"
#include "tests/support/ledger_samples.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::cli {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

class Deaf final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry& /*entry*/) override {}
};

class LedgerFilesTest : public ::testing::Test {
 protected:
  StatusOr<NewLedger> Init() {
    return InitLedger(clock_, hasher_, {.trust_domain = "example.org", .ledger_dir = ledger_});
  }
  // As the server does at its start.
  StatusOr<ledger::OpenedLedger> Open(sqlite::LedgerStore& store) {
    linux_os::MarkFile mark(ledger_ + "-mark/high-water-mark");
    linux_os::SystemRandom random;
    Deaf deaf;
    return ledger::OpenLedger({store, mark, hasher_, clock_, random, &verifier_},
                              {.trust_domain = "example.org",
                               .by = "server:a",
                               .find_key = [](const ledger::Vkey& current) { return current.key; }},
                              deaf);
  }
  std::unique_ptr<sqlite::LedgerStore> Store() {
    return *sqlite::LedgerStore::Open(ledger_ + "/ledger.db");
  }
  // `count` entries, and the mark behind them.
  void Append(sqlite::LedgerStore& store, std::size_t count) {
    StatusOr<ledger::OpenedLedger> opened = Open(store);
    ASSERT_THAT(opened, IsOk());
    ledger::ChainWriter writer(hasher_, std::move(opened->start));
    writer.Begin();
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_THAT(
          writer.Add(testing::SampleDraft("spiffe://example.org/agent/buyer"), clock_.UnixMillis()),
          IsOk());
    }
    ASSERT_THAT(store.Append(writer.head(), writer.entries()), IsOk());
    writer.Adopt();
    linux_os::MarkFile mark(ledger_ + "-mark/high-water-mark");
    ASSERT_THAT(mark.Write(ledger::FormatMark(ledger::MarkOf(opened->identity, writer.head()))),
                IsOk());
  }
  StatusOr<BackedUp> Save(const std::string& dir, bool with_sponsors = false) {
    return BackupLedger(
        clock_, hasher_,
        {.ledger_dir = ledger_, .directory = dir, .checkpoint = {}, .with_sponsors = with_sponsors},
        {});
  }
  StatusOr<BackedUp> Restore(const std::string& dir, bool with_sponsors = false) {
    return RestoreLedger(
        hasher_,
        {.ledger_dir = ledger_, .directory = dir, .checkpoint = {}, .with_sponsors = with_sponsors},
        {});
  }
  void LoseLedger() {
    for (const char* file : {"/ledger.db", "/ledger.db-wal", "/ledger.db-shm", "/sponsors.db"}) {
      std::filesystem::remove(ledger_ + file);
    }
  }

  testing::TemporaryDirectory dir_;
  std::string ledger_ = dir_.File("ledger");
  std::string backup_ = dir_.File("backup");
  testing::FakeClock clock_;
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
};

TEST_F(LedgerFilesTest, InitMakesALogThatAServerGoesOnWith) {
  const StatusOr<NewLedger> made = Init();
  ASSERT_THAT(made, IsOk());
  EXPECT_TRUE(made->vkey.starts_with(made->origin + "+"));
  EXPECT_EQ(made->log_key, ledger_ + "/log.key");
  EXPECT_EQ(std::filesystem::status(made->log_key).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto store = Store();
  const StatusOr<ledger::OpenedLedger> opened = Open(*store);
  ASSERT_THAT(opened, IsOk());
  EXPECT_FALSE(opened->created);
  EXPECT_FALSE(opened->mark_missing);
  EXPECT_EQ(opened->identity.vkey, made->vkey);
}

TEST_F(LedgerFilesTest, InitChangesNothingThatIsThere) {
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Init(), StatusIs(StatusCode::kAlreadyExists));
  std::filesystem::remove(ledger_ + "/log.key");
  EXPECT_THAT(Init(), StatusIs(StatusCode::kAlreadyExists)) << "the ledger is there";
  std::filesystem::remove(ledger_ + "/ledger.db");
  EXPECT_THAT(Init(), StatusIs(StatusCode::kAlreadyExists)) << "the mark is there";
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/log.key"));
  EXPECT_THAT(InitLedger(clock_, hasher_, {.trust_domain = "Not A Domain", .ledger_dir = ledger_}),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(InitLedger(clock_, hasher_,
                         {.trust_domain = "example.org",
                          .ledger_dir = dir_.File("b"),
                          .mark_dir = dir_.File("b/mark")}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(LedgerFilesTest, ABackupBesideAWriterHoldsWhatIsOnlyInTheWriteAheadLog) {
  ASSERT_THAT(Init(), IsOk());
  const auto store = Store();
  Append(*store, 5);
  const StatusOr<BackedUp> saved = Save(backup_);
  ASSERT_THAT(saved, IsOk());
  EXPECT_EQ(saved->entries, 6U);
  Append(*store, 1);  // the writer goes on
  EXPECT_FALSE(std::filesystem::exists(backup_ + "/log.key"));
  EXPECT_FALSE(std::filesystem::exists(backup_ + "/sponsors.db"));
  EXPECT_FALSE(std::filesystem::exists(backup_ + "/ledger.db-wal"));
  EXPECT_THAT(Save(backup_), StatusIs(StatusCode::kAlreadyExists));
}

TEST_F(LedgerFilesTest, ARestoredBackupThatIsAsNewAsTheMarkGoesOn) {
  ASSERT_THAT(Init(), IsOk());
  Append(*Store(), 5);
  ASSERT_THAT(Save(backup_), IsOk());
  LoseLedger();
  const StatusOr<BackedUp> restored = Restore(backup_);
  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->entries, 6U);
  EXPECT_THAT(Open(*Store()), IsOk());
  EXPECT_THAT(Restore(backup_), StatusIs(StatusCode::kAlreadyExists)) << "never over a ledger";
}

TEST_F(LedgerFilesTest, ARestoredOlderBackupIsRefusedByTheMarkAndToldWhatToDo) {
  ASSERT_THAT(Init(), IsOk());
  Append(*Store(), 5);
  ASSERT_THAT(Save(backup_), IsOk());
  Append(*Store(), 3);
  LoseLedger();
  ASSERT_THAT(Restore(backup_), IsOk()) << "the backup itself is good";
  const auto store = Store();
  const StatusOr<ledger::OpenedLedger> opened = Open(*store);
  EXPECT_THAT(opened, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(opened.status()), HasSubstr("at least as new as the mark"));
  EXPECT_THAT(Message(opened.status()), HasSubstr("begin a new log"));
}

TEST_F(LedgerFilesTest, ABackupThatIsNotWhatItsManifestSaysIsNotPutBack) {
  ASSERT_THAT(Init(), IsOk());
  Append(*Store(), 5);
  ASSERT_THAT(Save(backup_), IsOk());
  Append(*Store(), 1);
  const std::string newer = dir_.File("newer");
  ASSERT_THAT(Save(newer), IsOk());
  LoseLedger();
  std::filesystem::copy_file(newer + "/ledger.db", backup_ + "/ledger.db",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Restore(backup_), StatusIs(StatusCode::kDataLoss));
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/ledger.db"));
  EXPECT_FALSE(std::filesystem::exists(ledger_ + "/ledger.db.restoring"));
  std::filesystem::remove(newer + "/manifest.json");
  EXPECT_THAT(Restore(newer), StatusIs(StatusCode::kNotFound)) << "it was never finished";
}

TEST_F(LedgerFilesTest, NothingIsPutWhereAServerWorks) {
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Save(backup_), IsOk());
  LoseLedger();
  const StatusOr<linux_os::DirLock> lock = linux_os::DirLock::Acquire(ledger_, 0);
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(Restore(backup_), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(LedgerFilesTest, PeopleAreInABackupOnlyIfAskedFor) {
  ASSERT_THAT(Init(), IsOk());
  linux_os::SystemRandom random;
  const std::string ref =
      *(*sqlite::SponsorDirectory::Open(ledger_ + "/sponsors.db", random))->RefOf("alice");
  ASSERT_THAT(Save(backup_, /*with_sponsors=*/true), IsOk());
  LoseLedger();
  ASSERT_THAT(Restore(backup_, /*with_sponsors=*/true), IsOk());
  const auto directory = sqlite::SponsorDirectory::Open(ledger_ + "/sponsors.db", random);
  ASSERT_THAT(directory, IsOk());
  EXPECT_EQ(*(*directory)->PersonOf(ref), "alice");
}

}  // namespace
}  // namespace svidence::cli
