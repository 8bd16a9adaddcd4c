// What only the file-backed store can get wrong: other files, other writers,
// full disks, and a process that dies between commit and answer.
#include "plugin/adapters/sqlite/ledger_store.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::sqlite {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

ledger::StoredEntry EntryOf(std::uint8_t n, std::size_t size = 100) {
  ledger::StoredEntry entry{.bytes = std::string(size, static_cast<char>('a' + n % 26)),
                            .leaf = {}};
  entry.leaf.fill(n);
  return entry;
}

ledger::Head After(ledger::EntryIndex size) {
  if (size == 0) return {};
  return {.size = size, .last_leaf = EntryOf(static_cast<std::uint8_t>(size - 1)).leaf};
}

class SqliteLedgerStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<LedgerStore> Open() {
    StatusOr<std::unique_ptr<LedgerStore>> store = LedgerStore::Open(path_);
    EXPECT_THAT(store, IsOk());
    return *std::move(store);
  }
  static void Add(LedgerStore& store, std::uint8_t index) {
    const ledger::StoredEntry entry = EntryOf(index);
    ASSERT_THAT(store.Append(After(index), {&entry, 1}), IsOk());
  }
  // Runs SQL on the file as somebody with access to it would.
  void Meddle(const std::string& sql) const {
    StatusOr<Database> db = Database::Open(path_, OpenMode::kCreate);
    ASSERT_THAT(db, IsOk());
    ASSERT_THAT(db->Execute(sql), IsOk());
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_.File(kLedgerFile);
};

TEST_F(SqliteLedgerStoreTest, FindsItsEntriesAgain) {
  Add(*Open(), 0);
  const auto store = Open();
  Add(*store, 1);
  EXPECT_EQ(*store->ReadHead(), After(2));
}

TEST_F(SqliteLedgerStoreTest, KnowsHowMuchItTakes) {
  const auto store = Open();
  const std::uint64_t before = store->FileBytes();
  Add(*store, 0);
  EXPECT_GT(store->FileBytes(), before);
}

TEST_F(SqliteLedgerStoreTest, IsReadBesideItsWriter) {
  const auto writer = Open();
  Add(*writer, 0);
  const auto reader = LedgerStore::OpenReadOnly(path_);
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ(*(*reader)->ReadHead(), After(1));
  Add(*writer, 1);
  EXPECT_EQ(*(*reader)->ReadHead(), After(2));
  const ledger::StoredEntry entry = EntryOf(2);
  EXPECT_THAT((*reader)->Append(After(2), {&entry, 1}), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SqliteLedgerStoreTest, OpensForReadingOnlyWhatExists) {
  EXPECT_THAT(LedgerStore::OpenReadOnly(path_), StatusIs(StatusCode::kNotFound));
}

TEST_F(SqliteLedgerStoreTest, RefusesADatabaseOfAnotherApplication) {
  Meddle("CREATE TABLE t(x)");
  const auto store = LedgerStore::Open(path_);
  EXPECT_THAT(store, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(store.status()), HasSubstr("no Svidence ledger"));
}

TEST_F(SqliteLedgerStoreTest, RefusesALaterVersion) {
  Open().reset();
  Meddle("PRAGMA user_version = 2");
  const auto store = LedgerStore::Open(path_);
  EXPECT_THAT(store, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(store.status()), HasSubstr("version 2"));
}

TEST_F(SqliteLedgerStoreTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_THAT(LedgerStore::Open(path_), StatusIs(StatusCode::kDataLoss));
}

TEST_F(SqliteLedgerStoreTest, NoticesAHeadThatDoesNotFitTheEntries) {
  Add(*Open(), 0);
  Meddle("UPDATE head SET size = 2");
  EXPECT_THAT(Open()->ReadHead(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(SqliteLedgerStoreTest, NoticesAMissingEntry) {
  const auto store = Open();
  for (std::uint8_t i = 0; i < 3; ++i) Add(*store, i);
  Meddle("DROP TRIGGER entries_stay; DELETE FROM entries WHERE i = 1");
  EXPECT_THAT(store->Read(0, 10, 10000), StatusIs(StatusCode::kDataLoss));
}

TEST_F(SqliteLedgerStoreTest, NeverChangesOrDeletesAnEntry) {
  Add(*Open(), 0);
  StatusOr<Database> db = Database::Open(path_, OpenMode::kCreate);
  ASSERT_THAT(db, IsOk());
  EXPECT_FALSE(db->Execute("DELETE FROM entries").ok());
  EXPECT_FALSE(db->Execute("UPDATE entries SET body = 'x'").ok());
}

TEST_F(SqliteLedgerStoreTest, NoticesThatItsFileWasRemovedOrReplaced) {
  const auto store = Open();
  Add(*store, 0);
  ASSERT_EQ(unlink(path_.c_str()), 0);
  const ledger::StoredEntry entry = EntryOf(1);
  EXPECT_THAT(store->Append(After(1), {&entry, 1}), StatusIs(StatusCode::kFailedPrecondition));
  std::ofstream(path_) << "another";
  EXPECT_THAT(store->Append(After(1), {&entry, 1}), StatusIs(StatusCode::kFailedPrecondition));
}

// The newest entries are in the log only: what is written to one that nobody will
// find again is lost.
TEST_F(SqliteLedgerStoreTest, AcknowledgesNothingOnceItsFilesWereTakenAway) {
  struct Case {
    const char* name;
    std::function<void(const std::string& database, const std::string& log)> meddle;
    const char* says;
  };
  const std::vector<Case> cases{
      {"log removed", [](const auto&, const auto& log) { std::filesystem::remove(log); },
       "write-ahead log"},
      {"log replaced",
       [](const auto&, const auto& log) {
         std::filesystem::copy_file(log, log + ".copy");
         std::filesystem::rename(log + ".copy", log);
       },
       "was replaced"},
      {"log cut", [](const auto&, const auto& log) { std::filesystem::resize_file(log, 100); },
       "was cut"},
      {"database cut",
       [](const auto& database, const auto&) { std::filesystem::resize_file(database, 4096); },
       "was cut"},
  };
  for (const Case& test : cases) {
    const std::string path = directory_.File(std::string(test.name) + ".db");
    const auto store = LedgerStore::Open(path);
    ASSERT_THAT(store, IsOk());
    Add(**store, 0);
    test.meddle(path, path + "-wal");
    const ledger::StoredEntry entry = EntryOf(1);
    const Status status = (*store)->Append(After(1), {&entry, 1});
    EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition)) << test.name;
    EXPECT_THAT(Message(status), HasSubstr(test.says)) << test.name;
  }
}

TEST_F(SqliteLedgerStoreTest, SecondWriterOnTheSameHeadIsRefused) {
  const auto first = Open();
  const auto second = Open();
  Add(*first, 0);
  const ledger::StoredEntry entry = EntryOf(5);
  EXPECT_THAT(second->Append({}, {&entry, 1}), StatusIs(StatusCode::kFailedPrecondition));
  Add(*first, 1);
}

// Files may not grow beyond a limit: the same to SQLite as a bad disk. A child,
// because the limit is the process's.
TEST_F(SqliteLedgerStoreTest, AFullDiskLosesNothingAndHeals) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto store = LedgerStore::Open(path_);
    if (!store.ok()) _exit(2);
    const ledger::StoredEntry first = EntryOf(0);
    if (!(*store)->Append({}, {&first, 1}).ok()) _exit(3);
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit tight{.rlim_cur = 4096, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    const ledger::StoredEntry second = EntryOf(1, 15000);
    const Status full = (*store)->Append(After(1), {&second, 1});
    if (full.code() != StatusCode::kResourceExhausted) {
      std::fprintf(stderr, "%s\n", full.ToString().c_str());
      _exit(4);
    }
    if (Message(full).find("File too large") == std::string::npos) {
      std::fprintf(stderr, "%s\n", full.ToString().c_str());
      _exit(8);
    }
    if (*(*store)->ReadHead() != After(1)) _exit(5);
    setrlimit(RLIMIT_FSIZE, &old);
    if (!(*store)->Append(After(1), {&second, 1}).ok()) _exit(6);
    _exit(*(*store)->ReadHead() == After(2) ? 0 : 7);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(*Open()->ReadHead(), After(2));
}

// The child says each index over a pipe only after Append returned, and is
// killed at a moment of no plan: everything said must be there.
TEST_F(SqliteLedgerStoreTest, WhatWasAcknowledgedSurvivesSigkill) {
  for (int round = 0; round < 5; ++round) {
    std::array<int, 2> pipe_fds{};
    ASSERT_EQ(pipe2(pipe_fds.data(), O_CLOEXEC), 0);
    const ledger::EntryIndex begin = Open()->ReadHead()->size;
    const pid_t child = fork();
    if (child == 0) {
      const auto store = LedgerStore::Open(path_);
      for (auto i = static_cast<std::uint8_t>(begin); store.ok(); ++i) {
        const ledger::StoredEntry entry = EntryOf(i);
        if (!(*store)->Append(After(i), {&entry, 1}).ok()) _exit(1);
        if (write(pipe_fds[1], &i, 1) != 1) _exit(2);
      }
      _exit(3);
    }
    close(pipe_fds[1]);
    std::uint8_t last = 0;
    for (int n = 0; n < 7 + round; ++n) ASSERT_EQ(read(pipe_fds[0], &last, 1), 1);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    while (read(pipe_fds[0], &last, 1) == 1) {
    }
    close(pipe_fds[0]);

    const auto store = Open();
    const StatusOr<ledger::Head> head = store->ReadHead();
    ASSERT_THAT(head, IsOk());
    ASSERT_GE(head->size, last + 1U);
    const auto entries = store->Read(0, 255, 1U << 20U);
    ASSERT_THAT(entries, IsOk());
    EXPECT_EQ(entries->size(), head->size);
  }
}

}  // namespace
}  // namespace svidence::sqlite
