// Files that are no ledger, not all of one, or not one's own: each is refused with a
// sentence, nothing crashes, and nothing that was there is lost.
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/database.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/adapters/sqlite/wal_check.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/ledger/verify.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/long_run.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::size_t kEntries = 12;

class NoObserver final : public CommitObserver {
 public:
  void OnCommitted(const Entry& /*entry*/) override {}
};

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void Flip(std::string& bytes, std::size_t bit) {
  char& byte = bytes[bit / 8];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
}

class BadLedgerTest : public ::testing::Test {
 protected:
  // The two files of a ledger with all of `entries`; those from `in_log` on are in the
  // log only, as a killed process leaves them.
  struct Files {
    std::string database;
    std::string log;
  };
  Files Make(const std::vector<StoredEntry>& entries, std::size_t in_log) {
    const std::string path = directory_.File("made.db");
    std::filesystem::remove(path);
    Files files;
    if (in_log > 0) {
      const auto store = sqlite::LedgerStore::Open(path);
      EXPECT_THAT(store, IsOk());
      EXPECT_THAT((*store)->Append({}, std::span(entries).first(in_log)), IsOk());
    }
    const auto store = sqlite::LedgerStore::Open(path);
    EXPECT_THAT(store, IsOk());
    Head head = *(*store)->ReadHead();
    for (std::size_t i = in_log; i < entries.size(); ++i) {
      EXPECT_THAT((*store)->Append(head, {&entries[i], 1}), IsOk());
      head = {.size = i + 1, .last_leaf = entries[i].leaf};
    }
    return {ReadFile(path), ReadFile(path + "-wal")};
  }

  void Put(const Files& files) const {
    std::filesystem::remove(path_ + "-shm");
    WriteFile(path_, files.database);
    WriteFile(path_ + "-wal", files.log);
  }

  // Opens it as a server would; the entries it then has.
  StatusOr<std::size_t> Open() {
    SVIDENCE_ASSIGN_OR_RETURN(const auto store, sqlite::LedgerStore::Open(path_));
    SVIDENCE_ASSIGN_OR_RETURN(
        const OpenedLedger opened,
        OpenLedger({*store, marks_, hasher_, clock_, random_},
                   {.trust_domain = "example.org", .by = "server:a", .log_key = PublicKey{7}},
                   observer_));
    return opened.start.head.size;
  }
  void SetMark(const std::vector<StoredEntry>& entries) {
    marks_.Set(FormatMark(MarkOf(identity_, testing::HeadOf(entries))));
  }

  // The first defect of the ledger at path_, with its mark, or why it cannot be read. As
  // opening it would find it, but without the syncs, which make a long run long.
  StatusOr<std::optional<Defect>> FindDefect() {
    SVIDENCE_RETURN_IF_ERROR(sqlite::CheckWriteAheadLog(path_));
    SVIDENCE_ASSIGN_OR_RETURN(const auto store, sqlite::LedgerStore::OpenReadOnly(path_));
    SVIDENCE_ASSIGN_OR_RETURN(const auto mark, ReadMark(marks_));
    SVIDENCE_ASSIGN_OR_RETURN(const VerifyReport report,
                              VerifyLedger(*store, hasher_, {.mark = mark}));
    return report.defect;
  }
  // All of good_ is there, byte for byte.
  bool IsWhole() {
    const auto store = sqlite::LedgerStore::OpenReadOnly(path_);
    if (!store.ok()) return false;
    const auto read = (*store)->Read(0, kEntries + 1, 1U << 20U);
    if (!read.ok() || read->size() != good_.size()) return false;
    for (std::size_t i = 0; i < good_.size(); ++i) {
      if ((*read)[i].bytes != good_[i].bytes || (*read)[i].leaf != good_[i].leaf) return false;
    }
    return true;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.File(sqlite::kLedgerFile);
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  const LogIdentity identity_ = testing::SampleIdentity(hasher_);
  const std::vector<StoredEntry> good_ = OpenedChain(hasher_, kEntries, identity_);
  testing::FakeMarkStore marks_;
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  NoObserver observer_;
};

struct Foreign {
  const char* name;
  std::string bytes;
  const char* says;
};

TEST_F(BadLedgerTest, RefusesFilesThatAreNoLedgerAndLeavesThemAsTheyWere) {
  const Files good = Make(good_, kEntries);
  std::string later = good.database;
  later[63] = 9;  // user_version
  std::string other = good.database;
  other[71] = 'X';  // application_id
  const std::vector<Foreign> cases{
      {"text", std::string(5000, 'x'), "not a database"},
      {"an ELF file", "\177ELF" + std::string(5000, '\0'), "not a database"},
      {"a later version", later, "version 9"},
      {"another application", other, "no Svidence ledger"},
      {"half a header", good.database.substr(0, 50), "malformed"},
      {"the first page only", good.database.substr(0, 4096), ""},
  };
  SetMark(good_);
  for (const Foreign& test : cases) {
    Put({test.bytes, ""});
    const StatusOr<std::size_t> opened = Open();
    EXPECT_FALSE(opened.ok()) << test.name;
    EXPECT_THAT(Message(opened.status()), HasSubstr(test.says)) << test.name;
    EXPECT_EQ(ReadFile(path_), test.bytes) << test.name;
  }
}

TEST_F(BadLedgerTest, RefusesAnEmptyFileWhereAMarkKnowsALedger) {
  SetMark(good_);
  Put({"", ""});
  const StatusOr<std::size_t> opened = Open();
  EXPECT_THAT(opened, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(opened.status()), HasSubstr("the ledger is empty"));
}

TEST_F(BadLedgerTest, RefusesTheLogOfAnotherLedger) {
  testing::FakeRandom other_random;
  std::array<std::uint8_t, 1> skip{};
  other_random.Fill(skip);
  const LogIdentity other_identity =
      NewLogIdentity(hasher_, other_random, "example.org", PublicKey{7});
  const Files mine = Make(good_, 4);
  const Files other = Make(OpenedChain(hasher_, kEntries, other_identity), 4);
  SetMark(good_);
  Put({mine.database, other.log});
  const StatusOr<std::size_t> opened = Open();
  EXPECT_FALSE(opened.ok()) << *opened;
}

TEST_F(BadLedgerTest, RefusesAnEntryAboveTheCap) {
  std::vector<StoredEntry> entries = good_;
  entries.push_back({.bytes = std::string(kMaxEntryBytes + 1, 'x'), .leaf = {}});
  entries.back().leaf = LeafHash(hasher_, entries.back().bytes);
  Put(Make(entries, entries.size()));
  const StatusOr<std::size_t> opened = Open();
  EXPECT_THAT(opened, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(opened.status()), HasSubstr("entry 12, malformed"));
  EXPECT_THAT(Message(opened.status()), HasSubstr(std::to_string(kMaxEntryBytes)));
}

// Root may write everywhere: the child gives that up.
TEST_F(BadLedgerTest, RefusesADirectoryThatItMayNotWriteTo) {
  Put(Make(good_, kEntries));
  std::filesystem::remove(path_ + "-wal");
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0555));
  const pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(10);
    const auto store = sqlite::LedgerStore::Open(path_);
    if (store.status().code() != StatusCode::kFailedPrecondition) _exit(1);
    const auto reading = sqlite::LedgerStore::OpenReadOnly(path_);
    if (!reading.ok()) _exit(2);
    const StatusOr<Head> head = (*reading)->ReadHead();
    _exit(head.ok() && head->size == kEntries ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
}

TEST_F(BadLedgerTest, ASecondProcessIsRefusedAndToldWhoIsThere) {
  const auto mine = linux_os::DirLock::Acquire(directory_.path(), 0);
  ASSERT_THAT(mine, IsOk());
  const pid_t child = fork();
  if (child == 0) {
    const auto second = linux_os::DirLock::Acquire(directory_.path(), 0);
    const bool told = Message(second.status()).find("in use by process") != std::string::npos;
    _exit(!second.ok() && told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// At every length of either file the ledger is refused, or shorter than the mark, or
// whole; what is served is never anything else.
TEST_F(BadLedgerTest, EveryTruncationIsFoundOrLeavesEverything) {
  const Files good = Make(good_, 6);
  SetMark(good_);
  const std::size_t step = testing::LongRun() ? 1 : 127;
  std::size_t found = 0;
  const auto check = [&](const Files& files, const std::string& what) {
    Put(files);
    const StatusOr<std::optional<Defect>> defect = FindDefect();
    if (!defect.ok() || *defect) {
      ++found;
      Put(files);
      EXPECT_FALSE(Open().ok()) << what;
    } else {
      EXPECT_TRUE(IsWhole()) << what;
    }
  };
  for (std::size_t size = 0; size < good.database.size(); size += step) {
    check({good.database.substr(0, size), good.log}, "database at " + std::to_string(size));
  }
  for (std::size_t size = 0; size < good.log.size(); size += step) {
    check({good.database, good.log.substr(0, size)}, "log at " + std::to_string(size));
  }
  EXPECT_GT(found, 100U);
}

// Every bit, or in a short run every so-manieth, of both files.
TEST_F(BadLedgerTest, EveryFlippedBitIsFoundOrLeavesEverything) {
  const Files good = Make(good_, 6);
  SetMark(good_);
  const std::size_t step = testing::LongRun() ? 1 : 1009;
  std::size_t found = 0;
  const auto check = [&](const Files& files, const std::string& what) {
    Put(files);
    const StatusOr<std::optional<Defect>> defect = FindDefect();
    if (!defect.ok() || *defect) {
      ++found;
    } else {
      EXPECT_TRUE(IsWhole()) << what;
    }
  };
  for (std::size_t bit = 0; bit < good.database.size() * 8; bit += step) {
    Files bad = good;
    Flip(bad.database, bit);
    check(bad, "database, bit " + std::to_string(bit));
  }
  for (std::size_t bit = 0; bit < good.log.size() * 8; bit += step) {
    Files bad = good;
    Flip(bad.log, bit);
    check(bad, "log, bit " + std::to_string(bit));
  }
  EXPECT_GT(found, 100U);
}

struct Tampering {
  const char* name;
  std::string sql;
  EntryIndex index;
  DefectKind kind;
};

// With access to the file, and without computing anything anew.
TEST_F(BadLedgerTest, EveryMeddlingWithRowsIsFoundByIndexAndKind) {
  const std::string swap =
      "INSERT INTO entries SELECT 100, leaf, body FROM entries WHERE i = 4;"
      "DELETE FROM entries WHERE i = 4; UPDATE entries SET i = 4 WHERE i = 5;"
      "UPDATE entries SET i = 5 WHERE i = 100";
  const std::vector<Tampering> cases{
      {"a row removed", "DELETE FROM entries WHERE i = 5", 5, DefectKind::kMissing},
      {"a row removed and closed up",
       "DELETE FROM entries WHERE i = 5; UPDATE entries SET i = i - 1 WHERE i > 5;"
       "UPDATE head SET size = size - 1",
       5, DefectKind::kIndex},
      {"two rows swapped", swap, 4, DefectKind::kIndex},
      {"a row doubled",
       "UPDATE entries SET body = (SELECT body FROM entries WHERE i = 3),"
       " leaf = (SELECT leaf FROM entries WHERE i = 3) WHERE i = 4",
       4, DefectKind::kIndex},
      {"a body changed", "UPDATE entries SET body = body || x'20' WHERE i = 7", 7,
       DefectKind::kLeaf},
      {"a stored hash changed", "UPDATE entries SET leaf = zeroblob(32) WHERE i = 7", 7,
       DefectKind::kLeaf},
      {"a stored hash of another length", "UPDATE entries SET leaf = x'00' WHERE i = 7", 7,
       DefectKind::kMissing},
      {"the tail cut, the end moved",
       "DELETE FROM entries WHERE i >= 9; UPDATE head SET size = 9,"
       " leaf = (SELECT leaf FROM entries WHERE i = 8)",
       9, DefectKind::kMark},
      {"the tail cut", "DELETE FROM entries WHERE i >= 9", 8, DefectKind::kHead},
      {"a row added behind the end", "INSERT INTO entries VALUES(12, zeroblob(32), x'7b7d')", 12,
       DefectKind::kLeaf},
      {"the stored end changed", "UPDATE head SET leaf = zeroblob(32)", 11, DefectKind::kHead},
  };
  SetMark(good_);
  for (const Tampering& test : cases) {
    Put(Make(good_, kEntries));
    {
      StatusOr<sqlite::Database> db = sqlite::Database::Open(path_, sqlite::OpenMode::kCreate);
      ASSERT_THAT(db, IsOk());
      ASSERT_THAT(db->Execute("DROP TRIGGER entries_keep; DROP TRIGGER entries_stay;" + test.sql),
                  IsOk())
          << test.name;
    }
    const StatusOr<std::optional<Defect>> defect = FindDefect();
    ASSERT_THAT(defect, IsOk()) << test.name;
    ASSERT_TRUE(*defect) << test.name;
    EXPECT_EQ((*defect)->index, test.index) << test.name << ": " << (*defect)->sentence;
    EXPECT_EQ((*defect)->kind, test.kind) << test.name << ": " << (*defect)->sentence;
    EXPECT_FALSE(Open().ok()) << test.name;
  }
}

// With the chain computed anew nothing in the file contradicts: the mark does.
TEST_F(BadLedgerTest, ARewrittenChainIsFoundByTheMarkAlone) {
  const auto rewritten = [&](std::size_t from) {
    return testing::WriteChain(hasher_, kEntries, testing::kOpenedAt, [&](std::size_t i) {
      if (i == 0) return DraftOpened(identity_, "server:a");
      return testing::SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3),
                                  i < from ? "" : "\"forged\":true");
    });
  };
  for (const std::size_t from : {1U, 6U, 11U}) {
    const std::vector<StoredEntry> forged = rewritten(from);
    ASSERT_NE(forged.back().leaf, good_.back().leaf);
    Put(Make(forged, kEntries));
    marks_.Set(std::nullopt);
    EXPECT_EQ(*FindDefect(), std::nullopt) << from;  // which is why there is a mark
    SetMark(good_);
    const StatusOr<std::optional<Defect>> defect = FindDefect();
    ASSERT_THAT(defect, IsOk());
    ASSERT_TRUE(*defect) << from;
    EXPECT_EQ((*defect)->kind, DefectKind::kMark) << from;
    EXPECT_THAT(Open(), StatusIs(StatusCode::kFailedPrecondition)) << from;
  }
}

// The prefix of another history, with the recent entries kept as they were.
TEST_F(BadLedgerTest, AReplacedPrefixIsFoundWhereTheTwoMeet) {
  std::vector<StoredEntry> mixed =
      testing::WriteChain(hasher_, kEntries, testing::kOpenedAt, [&](std::size_t i) {
        if (i == 0) return DraftOpened(identity_, "server:a");
        return testing::SampleDraft("spiffe://example.org/agent/buyer/" + std::to_string(i % 3),
                                    "\"forged\":true");
      });
  for (std::size_t i = 6; i < kEntries; ++i) mixed[i] = good_[i];
  Put(Make(mixed, kEntries));
  SetMark(good_);
  const StatusOr<std::optional<Defect>> defect = FindDefect();
  ASSERT_THAT(defect, IsOk());
  ASSERT_TRUE(*defect);
  EXPECT_EQ((*defect)->index, 6U);
  EXPECT_EQ((*defect)->kind, DefectKind::kPrev);
}

TEST_F(BadLedgerTest, AnOlderCopyIsRefusedByTheMark) {
  const std::vector<StoredEntry> older(good_.begin(), good_.begin() + 7);
  Put(Make(older, older.size()));
  SetMark(good_);
  const StatusOr<std::size_t> opened = Open();
  EXPECT_THAT(opened, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(opened.status()), HasSubstr("12"));
}

// The database alone is what a careless copy takes along.
TEST_F(BadLedgerTest, ACopyWithoutItsLogIsRefusedByTheMark) {
  const Files files = Make(good_, 6);
  SetMark(good_);
  Put({files.database, ""});
  EXPECT_THAT(Open(), StatusIs(StatusCode::kFailedPrecondition));
}

// Ten years back, ten years on, another boot: times never run back, appends go on.
TEST_F(BadLedgerTest, AClockThatJumpsLeavesTheOrderOfTimes) {
  constexpr std::int64_t kTenYears = 315'576'000'000;
  const std::int64_t now = clock_.UnixMillis();
  std::int64_t last = 0;
  for (const std::int64_t jump : {std::int64_t{0}, kTenYears, -kTenYears, std::int64_t{0}}) {
    clock_.SetUnixMillis(now + jump);
    const auto store = sqlite::LedgerStore::Open(path_);
    ASSERT_THAT(store, IsOk());
    StatusOr<OpenedLedger> opened = OpenLedger(
        {**store, marks_, hasher_, clock_, random_},
        {.trust_domain = "example.org", .by = "server:a", .log_key = PublicKey{7}}, observer_);
    ASSERT_THAT(opened, IsOk());
    EXPECT_GE(opened->start.last_at_millis, last);
    ChainWriter writer(hasher_, std::move(opened->start));
    writer.Begin();
    ASSERT_THAT(writer.Add(testing::SampleDraft("agent:a"), clock_.UnixMillis()), IsOk());
    ASSERT_THAT((*store)->Append(writer.head(), writer.entries()), IsOk());
    last = ParseEntry(writer.entries().front().bytes)->place.at_millis;
    EXPECT_EQ(writer.clock_behind_millis(), last - clock_.UnixMillis());  // the flag
  }
  EXPECT_EQ(last, now + kTenYears);
  EXPECT_EQ(*FindDefect(), std::nullopt);
}

}  // namespace
}  // namespace svidence::ledger
