// Holes in a write-ahead log, made by hand in logs that SQLite wrote.
#include "plugin/adapters/sqlite/wal_check.h"

#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/sqlite/ledger_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::sqlite {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr std::size_t kFrameBytes = 24 + 4096;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFramesOfACommit = 2;  // the page of entries and that of the head
constexpr std::size_t kCommits = 5;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A ledger of five commits that are in its log only, as a killed process leaves it.
class WalCheckTest : public ::testing::Test {
 protected:
  WalCheckTest() {
    const std::string live = directory_.File("live.db");
    const auto store = LedgerStore::Open(live);
    EXPECT_THAT(store, IsOk());
    ledger::Head head;
    for (std::size_t n = 0; n < kCommits; ++n) {
      ledger::StoredEntry entry{.bytes = "entry", .leaf = {}};
      entry.leaf.fill(static_cast<std::uint8_t>(n + 1));
      EXPECT_THAT((*store)->Append(head, {&entry, 1}), IsOk());
      head = {.size = n + 1, .last_leaf = entry.leaf};
    }
    database_ = ReadFile(live);
    log_ = ReadFile(live + "-wal");
    log_.resize(kHeaderBytes + kCommits * kFramesOfACommit * kFrameBytes);
  }

  // Puts both files where they are looked at.
  Status Check(const std::string& database, const std::string& log) {
    WriteFile(path_, database);
    WriteFile(path_ + "-wal", log);
    return CheckWriteAheadLog(path_);
  }
  std::string WithByteChanged(std::size_t at) const {
    std::string bad = log_;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    return bad;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.File(kLedgerFile);
  std::string database_;
  std::string log_;
};

TEST_F(WalCheckTest, TakesAWholeLogAndNone) {
  EXPECT_THAT(Check(database_, log_), IsOk());
  EXPECT_THAT(Check(database_, ""), IsOk());
  EXPECT_THAT(CheckWriteAheadLog(directory_.File("nothing")), IsOk());
}

// What a power cut leaves: the last transaction in any state.
TEST_F(WalCheckTest, TakesAnyStateOfTheLastTransaction) {
  const std::size_t last = log_.size() - kFramesOfACommit * kFrameBytes;
  for (std::size_t size = last; size <= log_.size(); size += 512) {
    EXPECT_THAT(Check(database_, log_.substr(0, size)), IsOk()) << size;
  }
  for (std::size_t at = last; at < log_.size(); at += 61) {
    EXPECT_THAT(Check(database_, WithByteChanged(at)), IsOk()) << at;
  }
}

// SQLite itself would open each of these, shorter, without a word.
TEST_F(WalCheckTest, FindsADamagedFrameBeforeTheLastTransaction) {
  const std::size_t last = log_.size() - kFramesOfACommit * kFrameBytes;
  for (std::size_t at = kHeaderBytes; at + 2 * kFrameBytes < last; at += 61) {
    const Status found = Check(database_, WithByteChanged(at));
    ASSERT_THAT(found, StatusIs(StatusCode::kDataLoss)) << at;
    const std::size_t frame = (at - kHeaderBytes) / kFrameBytes + 1;
    ASSERT_THAT(Message(found), HasSubstr("at frame " + std::to_string(frame) + ",")) << at;
  }
}

TEST_F(WalCheckTest, FindsAHoleOfZeros) {
  std::string hole = log_;
  hole.replace(kHeaderBytes + 2 * kFrameBytes, kFrameBytes, kFrameBytes, '\0');
  EXPECT_THAT(Check(database_, hole), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(LedgerStore::Open(path_), StatusIs(StatusCode::kDataLoss));
  EXPECT_EQ(ReadFile(path_ + "-wal"), hole);  // kept as it was, as evidence
}

TEST_F(WalCheckTest, FindsADamagedHeader) {
  for (std::size_t at = 0; at < kHeaderBytes; ++at) {
    const Status found = Check(database_, WithByteChanged(at));
    // The number of the checkpoint is covered by the checksum like the rest.
    ASSERT_THAT(found, StatusIs(StatusCode::kDataLoss)) << at;
    ASSERT_THAT(Message(found), HasSubstr("its header")) << at;
  }
}

TEST_F(WalCheckTest, FindsALogWhoseDatabaseIsGone) {
  const Status found = Check("", log_);
  EXPECT_THAT(found, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(found), HasSubstr("gone or empty"));
  EXPECT_THAT(LedgerStore::Open(path_), StatusIs(StatusCode::kDataLoss));
  EXPECT_EQ(ReadFile(path_ + "-wal"), log_);
}

// Frames of the log's earlier life, which are in the database already, prove nothing.
TEST_F(WalCheckTest, TakesWhatIsLeftOfAnEarlierLife) {
  const std::string path = directory_.File("reused.db");
  ledger::Head head;
  std::string first_life;
  for (int life = 0; life < 2; ++life) {
    const auto store = LedgerStore::Open(path);
    ASSERT_THAT(store, IsOk());
    for (std::size_t n = 0; n < kCommits - static_cast<std::size_t>(life) * 3; ++n) {
      ledger::StoredEntry entry{.bytes = "entry", .leaf = {}};
      entry.leaf.fill(static_cast<std::uint8_t>(head.size + 1));
      ASSERT_THAT((*store)->Append(head, {&entry, 1}), IsOk());
      head = {.size = head.size + 1, .last_leaf = entry.leaf};
    }
    if (life == 0) {
      first_life = ReadFile(path + "-wal");
      continue;
    }
    std::string log = ReadFile(path + "-wal");
    const std::size_t own = kHeaderBytes + 2 * kFramesOfACommit * kFrameBytes;
    ASSERT_GT(first_life.size(), own);
    log.resize(own);
    log += first_life.substr(own);
    EXPECT_THAT(Check(ReadFile(path), log), IsOk());
  }
}

}  // namespace
}  // namespace svidence::sqlite
