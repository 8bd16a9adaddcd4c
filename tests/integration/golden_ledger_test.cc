// Ledgers that others wrote must verify for ever; no changed bit may pass.
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/database.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/ledger/verify.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::ReadGolden;
using ::svidence::testing::TemporaryDirectory;

constexpr EntryIndex kEntries = 10;

std::vector<std::string> Lines(const std::string& name) {
  std::vector<std::string> lines;
  std::string text = ReadGolden("ledger/" + name);
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.erase(0, end + 1);
  }
  EXPECT_EQ(text, "") << name << " must end with a line feed";
  return lines;
}

std::vector<StoredEntry> Entries(const std::string& name) {
  const std::vector<std::string> lines = Lines(name + ".jsonl");
  const std::vector<std::string> leaves = Lines(name + ".leaves");
  std::vector<StoredEntry> entries(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    entries[i].bytes = lines[i];
    const StatusOr<Digest> leaf = ParseDigestText("sha256:" + leaves.at(i));
    EXPECT_THAT(leaf, IsOk());
    if (leaf.ok()) entries[i].leaf = *leaf;
  }
  return entries;
}

std::string WithBitFlipped(std::string bytes, std::size_t bit) {
  char& byte = bytes[bit / 8];
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << (bit % 8)));
  return bytes;
}

class GoldenLedgerTest : public ::testing::Test {
 protected:
  VerifyReport Verify(LedgerStore& store) const {
    StatusOr<VerifyReport> report = VerifyLedger(store, hasher_, {});
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *std::move(report) : VerifyReport{};
  }
  VerifyReport Verify(const std::vector<StoredEntry>& entries) const {
    FakeLedgerStore store;
    store.Tamper([&entries](std::vector<StoredEntry>& stored) { stored = entries; });
    return Verify(store);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> small_ = Entries("small");
};

TEST_F(GoldenLedgerTest, Verifies) {
  ASSERT_EQ(small_.size(), kEntries);
  const VerifyReport report = Verify(small_);
  EXPECT_TRUE(report.ok()) << report.defect->index << ": " << report.defect->sentence;
  EXPECT_EQ(report.head, (Head{.size = kEntries, .last_leaf = small_.back().leaf}));
  EXPECT_EQ(report.identity->origin, "example.org/svidence/6f1c2a34-5b6d-4e7f-8a9b-0c1d2e3f4a5b");
}

TEST_F(GoldenLedgerTest, IsWrittenAgainByteForByte) {
  for (const StoredEntry& stored : small_) {
    const StatusOr<Entry> entry = ParseEntry(stored.bytes);
    ASSERT_THAT(entry, IsOk());
    EXPECT_THAT(ParseMembers(*entry), IsOk());
    EXPECT_THAT(RenderEntry({.type = entry->type,
                             .by = entry->by,
                             .subject = entry->subject,
                             .agent = entry->agent,
                             .members = entry->members},
                            entry->place),
                IsOkAndHolds(stored.bytes));
  }
}

TEST_F(GoldenLedgerTest, HasTheLeafHashesOfTheWorkedExample) {
  const std::vector<StoredEntry> example = Entries("worked_example");
  ASSERT_EQ(example.size(), 2U);
  EXPECT_EQ(LeafHash(hasher_, example[0].bytes), example[0].leaf);
  EXPECT_EQ(LeafHash(hasher_, example[1].bytes), example[1].leaf);
  EXPECT_THAT(example[1].bytes, ::testing::HasSubstr(Base64Encode(example[0].leaf)));
}

TEST_F(GoldenLedgerTest, EveryFlippedBitOfEveryEntryIsFoundAtItsIndex) {
  for (std::size_t i = 0; i < small_.size(); ++i) {
    std::vector<StoredEntry> bad(small_.begin(),
                                 small_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    for (std::size_t bit = 0; bit < small_[i].bytes.size() * 8; ++bit) {
      bad[i].bytes = WithBitFlipped(small_[i].bytes, bit);
      const VerifyReport report = Verify(bad);
      ASSERT_TRUE(report.defect) << "entry " << i << " bit " << bit;
      ASSERT_EQ(report.defect->index, i) << "bit " << bit;
      ASSERT_EQ(report.head.size, i) << "bit " << bit;
    }
  }
}

TEST_F(GoldenLedgerTest, EveryTruncationInsideAnEntryIsFoundAtItsIndex) {
  for (std::size_t i = 0; i < small_.size(); ++i) {
    std::vector<StoredEntry> bad = small_;
    for (std::size_t size = 0; size < small_[i].bytes.size(); ++size) {
      bad[i].bytes = small_[i].bytes.substr(0, size);
      const VerifyReport report = Verify(bad);
      ASSERT_TRUE(report.defect) << "entry " << i << " at " << size;
      ASSERT_EQ(report.defect->index, i) << "at " << size;
    }
  }
}

TEST_F(GoldenLedgerTest, ATruncationBetweenEntriesIsFoundByTheMark) {
  const HighWaterMark mark =
      MarkOf(*Verify(small_).identity, {.size = kEntries, .last_leaf = small_.back().leaf});
  for (std::size_t size = 1; size < small_.size(); ++size) {
    FakeLedgerStore store;
    store.Tamper([&](std::vector<StoredEntry>& stored) {
      stored.assign(small_.begin(), small_.begin() + static_cast<std::ptrdiff_t>(size));
    });
    const StatusOr<VerifyReport> report = VerifyLedger(store, hasher_, {.mark = mark});
    ASSERT_THAT(report, IsOk());
    ASSERT_TRUE(report->defect);
    EXPECT_EQ(report->defect->index, size);
    EXPECT_EQ(report->defect->kind, DefectKind::kMark);
  }
}

// The same entries in a file that an earlier build wrote.
class GoldenLedgerFileTest : public GoldenLedgerTest {
 protected:
  void Write(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }
  void Execute(const std::string& sql) const {
    StatusOr<sqlite::Database> db = sqlite::Database::Open(path_, sqlite::OpenMode::kCreate);
    ASSERT_THAT(db, IsOk());
    ASSERT_THAT(db->Execute(sql), IsOk());
  }
  // The first defect of the file, as an auditor would look for it.
  std::optional<Defect> FirstDefect() const {
    const auto store = sqlite::LedgerStore::OpenReadOnly(path_);
    EXPECT_THAT(store, IsOk());
    if (!store.ok()) return std::nullopt;
    return Verify(**store).defect;
  }

  TemporaryDirectory dir_;
  const std::string path_ = dir_.File(sqlite::kLedgerFile);
  const std::string file_ = ReadGolden("ledger/small.db");
};

TEST_F(GoldenLedgerFileTest, Verifies) {
  Write(file_);
  const auto store = sqlite::LedgerStore::OpenReadOnly(path_);
  ASSERT_THAT(store, IsOk());
  const VerifyReport report = Verify(**store);
  EXPECT_TRUE(report.ok()) << report.defect->sentence;
  EXPECT_EQ(report.head.last_leaf, small_.back().leaf);
}

TEST_F(GoldenLedgerFileTest, CanBeAppendedTo) {
  Write(file_);
  const auto store = sqlite::LedgerStore::Open(path_);
  ASSERT_THAT(store, IsOk());
  const StatusOr<Head> head = (*store)->ReadHead();
  ASSERT_THAT(head, IsOk());
  EXPECT_THAT((*store)->Append(*head, std::vector<StoredEntry>{{.bytes = "{}", .leaf = {}}}),
              IsOk());
}

TEST_F(GoldenLedgerFileTest, AChangedByteInARowIsFoundAtItsIndex) {
  for (EntryIndex i = 0; i < kEntries; ++i) {
    Write(file_);
    // Byte 3 of the body: "v" becomes "w".
    Execute(
        "DROP TRIGGER entries_keep; UPDATE entries SET body = CAST(substr(body, 1, 2) AS BLOB)"
        " || x'77' || substr(body, 4) WHERE i = " +
        std::to_string(i));
    Execute("UPDATE entries SET body = CAST(body AS BLOB)");
    const std::optional<Defect> defect = FirstDefect();
    ASSERT_TRUE(defect) << i;
    EXPECT_EQ(defect->index, i);
    EXPECT_EQ(defect->kind, DefectKind::kLeaf);
  }
}

TEST_F(GoldenLedgerFileTest, ARemovedRowIsFoundAtItsIndex) {
  for (EntryIndex i = 0; i + 1 < kEntries; ++i) {
    Write(file_);
    Execute("DROP TRIGGER entries_stay; DELETE FROM entries WHERE i = " + std::to_string(i));
    const std::optional<Defect> defect = FirstDefect();
    ASSERT_TRUE(defect) << i;
    EXPECT_EQ(defect->index, i);
    EXPECT_EQ(defect->kind, DefectKind::kMissing);
  }
}

TEST_F(GoldenLedgerFileTest, ARemovedLastRowIsFound) {
  Write(file_);
  Execute("DROP TRIGGER entries_stay; DELETE FROM entries WHERE i = 9");
  const std::optional<Defect> defect = FirstDefect();
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->index, 8U);
  EXPECT_EQ(defect->kind, DefectKind::kHead);
}

// A flipped bit of the file is refused, found, or in a place that no entry and
// no answer depends on.
TEST_F(GoldenLedgerFileTest, NoFlippedBitOfTheFileChangesAnEntryUnseen) {
  constexpr std::size_t kStep = 131;  // every bit is a night's work
  std::size_t refused = 0;
  std::size_t found = 0;
  for (std::size_t bit = 0; bit < file_.size() * 8; bit += kStep) {
    Write(WithBitFlipped(file_, bit));
    const auto store = sqlite::LedgerStore::OpenReadOnly(path_);
    const StatusOr<VerifyReport> report =
        store.ok() ? VerifyLedger(**store, hasher_, {}) : StatusOr<VerifyReport>(store.status());
    if (!report.ok()) {
      ++refused;
      continue;
    }
    if (report->defect) {
      ++found;
      continue;
    }
    const StatusOr<std::vector<StoredEntry>> read =
        (*store)->Read(0, kEntries + 1, kMaxEntryBytes * kEntries);
    ASSERT_THAT(read, IsOk()) << "bit " << bit;
    ASSERT_EQ(read->size(), kEntries) << "bit " << bit;
    for (std::size_t i = 0; i < kEntries; ++i) {
      ASSERT_EQ((*read)[i].bytes, small_[i].bytes) << "bit " << bit;
    }
  }
  EXPECT_GT(refused + found, 200U);  // most of the file is entries
}

}  // namespace
}  // namespace svidence::ledger
