#include "plugin/core/ledger/audit/tail_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "tests/support/fake_node_reader.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::FakeNodeReader;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::RootOf;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::Untouched;

class TailCheckTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kAll = 20;

  Checkpoint At(std::size_t size) const {
    return {.origin = "a",
            .size = size,
            .root = RootOf(hasher_,
                           {good_.begin(), good_.begin() + static_cast<std::ptrdiff_t>(size)})};
  }
  TailReport Check(const TamperedLedger& ledger, std::size_t from, std::size_t to) {
    StoreSource source = SourceOf(ledger);
    const std::unique_ptr<EntryReader> reader = *source.OpenReader();
    FakeNodeReader nodes;
    CompactRange range;
    for (const std::optional<StoredEntry>& entry : ledger.entries) {
      const Digest leaf = entry ? LeafHash(hasher_, entry->bytes) : Digest{};
      (void)range.Append(hasher_, leaf, nodes.Observer());
    }
    const StatusOr<TailReport> report = CheckTail(*reader, nodes, At(from), At(to), hasher_);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : TailReport{};
  }
  static std::string Found(const TailReport& report) {
    if (!report.defect) return "none";
    return std::string(NameOf(report.defect->kind)) + " " + std::to_string(report.defect->index);
  }
  // Changes entry `at`, computing its stored hash anew.
  std::string FoundWith(std::size_t at, std::string_view from, std::string_view to) {
    TamperedLedger ledger = Untouched(good_);
    StoredEntry& entry = *ledger.entries[at];
    const std::size_t place = entry.bytes.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    entry.bytes.replace(place, from.size(), to);
    entry.leaf = LeafHash(hasher_, entry.bytes);
    return Found(Check(ledger, 10, kAll));
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<StoredEntry> good_ = OpenedChain(hasher_, kAll);
};

TEST_F(TailCheckTest, WhatANewEntryAddsHoldsFromAnySize) {
  const TamperedLedger ledger = Untouched(good_);
  for (std::size_t from = 1; from <= kAll; ++from) {
    for (std::size_t to = from; to <= kAll; ++to) {
      const TailReport report = Check(ledger, from, to);
      EXPECT_EQ(Found(report), "none") << from << " " << to;
      EXPECT_EQ(report.checked, to - from);
    }
  }
  EXPECT_EQ(Check(ledger, 10, kAll).unfollowed, 0U);
  EXPECT_EQ(Check(ledger, 1, 4).unfollowed, 3U);  // three subjects that are new
}

TEST_F(TailCheckTest, FindsWhatDoesNotFollow) {
  EXPECT_EQ(FoundWith(12, "server:a", "server:b"), "prev 13");
  EXPECT_EQ(FoundWith(19, "server:a", "server:b"), "checkpoint 19");
  EXPECT_EQ(FoundWith(12, R"("i":12)", R"("i":13)"), "index 12");
  EXPECT_EQ(FoundWith(12, R"("at":"2026)", R"("at":"2025)"), "time 12");
  EXPECT_EQ(FoundWith(12, R"("v":1)", R"("v":2)"), "malformed 12");
  EXPECT_EQ(FoundWith(12, "issue.x509", "log.opened"), "opening 12");
  EXPECT_EQ(FoundWith(15, R"("subject_prev":12)", R"("subject_prev":11)"), "subject_prev 15");
}

// The link leads before the new entries: it is followed once they all hold.
TEST_F(TailCheckTest, FindsALinkToAnEntryOnAnotherSubject) {
  std::vector<StoredEntry> forged = good_;
  std::string& bytes = forged[19].bytes;
  bytes.replace(bytes.find(R"("subject_prev":16)"), 17, R"("subject_prev":15)");
  forged[19].leaf = LeafHash(hasher_, bytes);
  good_ = forged;  // and signed so
  EXPECT_EQ(Found(Check(Untouched(forged), 18, kAll)), "subject_prev 19");
  EXPECT_EQ(Found(Check(Untouched(forged), 10, kAll)), "subject_prev 19");
}

TEST_F(TailCheckTest, FindsThatTheBeginningIsNotTheOldTree) {
  TamperedLedger ledger = Untouched(good_);
  ledger.entries[9]->bytes[60] ^= 1;
  EXPECT_EQ(Found(Check(ledger, 10, kAll)), "tile 9");
  ledger = Untouched(good_);
  ledger.entries[12].reset();
  EXPECT_EQ(Found(Check(ledger, 10, kAll)), "missing 12");
}

TEST_F(TailCheckTest, NeedsATreeToBeginWith) {
  const TamperedLedger ledger = Untouched(good_);
  StoreSource source = SourceOf(ledger);
  const std::unique_ptr<EntryReader> reader = *source.OpenReader();
  FakeNodeReader nodes;
  EXPECT_THAT(CheckTail(*reader, nodes, At(0), At(5), hasher_),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckTail(*reader, nodes, At(6), At(5), hasher_),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::ledger
