#include "plugin/core/admin/ledger_reader.h"

#include <gtest/gtest.h>

#include "tests/support/fake_hasher.h"
#include "tests/support/fake_ledger_store.h"
#include "tests/support/fake_mark_store.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerReaderTest : public ::testing::Test {
 protected:
  // `count` entries, `log.opened` first, then on three subjects in turn.
  void Fill(std::size_t count) {
    const auto chain = svidence::testing::OpenedChain(hasher_, count, identity_);
    ASSERT_THAT(store_.Append(*store_.ReadHead(), chain), IsOk());
  }
  static std::vector<ledger::EntryIndex> Indexes(const EntryPage& page) {
    std::vector<ledger::EntryIndex> all;
    for (const std::string& bytes : page.entries) {
      all.push_back(ledger::ParseEntry(bytes)->place.index);
    }
    return all;
  }

  svidence::testing::FakeHasher hasher_;
  svidence::testing::FakeLedgerStore store_;
  svidence::testing::FakeMarkStore marks_;
  const ledger::LogIdentity identity_ = svidence::testing::SampleIdentity(hasher_);
  LedgerReader reader_{store_, hasher_, &marks_, "/var/lib/svidence"};
};

TEST_F(LedgerReaderTest, TellsWhichLogItIsAndWhereItEnds) {
  Fill(3);
  const auto info = reader_.Info();
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->directory, "/var/lib/svidence");
  EXPECT_EQ(info->uuid, identity_.uuid);
  EXPECT_EQ(info->origin, identity_.origin);
  EXPECT_EQ(info->vkey, identity_.vkey);
  EXPECT_EQ(info->trust_domain, "example.org");
  EXPECT_EQ(info->size, 3U);
  EXPECT_EQ(info->last_leaf, store_.All().back().leaf);
  EXPECT_EQ(info->last_at_millis, svidence::testing::kOpenedAt + 2000);
}

TEST_F(LedgerReaderTest, AnEmptyLedgerHasNoInfo) {
  EXPECT_THAT(reader_.Info(), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_TRUE(reader_.List({})->entries.empty());
}

TEST_F(LedgerReaderTest, ListsTheNewestFirstPageByPage) {
  Fill(6);
  EntryQuery query;
  query.page_size = 4;
  auto page = reader_.List(query);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(Indexes(*page), ElementsAre(5, 4, 3, 2));
  EXPECT_EQ(page->before, 2U);
  query.before = page->before;
  page = reader_.List(query);
  EXPECT_THAT(Indexes(*page), ElementsAre(1, 0));
  EXPECT_EQ(page->before, std::nullopt);
}

TEST_F(LedgerReaderTest, APageThatIsExactlyFullMayHaveNothingBehindIt) {
  Fill(4);
  EntryQuery query;
  query.page_size = 4;
  EXPECT_EQ(reader_.List(query)->before, std::nullopt);
}

TEST_F(LedgerReaderTest, CrossesItsReadingBlocks) {
  Fill(700);
  EntryQuery query;
  query.type = "log.opened";
  EXPECT_THAT(Indexes(*reader_.List(query)), ElementsAre(0));
}

struct FilterCase {
  const char* name;
  EntryQuery query;
  std::vector<ledger::EntryIndex> wanted;
};
EntryQuery Query(std::string type, std::string agent, std::string subject) {
  EntryQuery query;
  query.type = std::move(type);
  query.agent = std::move(agent);
  query.subject = std::move(subject);
  return query;
}

class LedgerReaderFilterTest : public LedgerReaderTest,
                               public ::testing::WithParamInterface<FilterCase> {};

TEST_P(LedgerReaderFilterTest, ListsWhatMatches) {
  Fill(6);
  const auto page = reader_.List(GetParam().query);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(Indexes(*page), GetParam().wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, LedgerReaderFilterTest,
    ::testing::Values(FilterCase{"Type", Query("log.opened", "", ""), {0}},
                      FilterCase{"TypeWithStar", Query("issue.*", "", ""), {5, 4, 3, 2, 1}},
                      FilterCase{"StarAlone", Query("*", "", ""), {5, 4, 3, 2, 1, 0}},
                      FilterCase{"PartOfATypeIsNone", Query("issue", "", ""), {}},
                      FilterCase{"Agent", Query("", "buyer", ""), {5, 4, 3, 2, 1}},
                      FilterCase{"OtherAgent", Query("", "buy", ""), {}},
                      FilterCase{
                          "Subject", Query("", "", "spiffe://example.org/agent/buyer/1"), {4, 1}},
                      FilterCase{"AllThree",
                                 Query("issue.x509", "buyer", "spiffe://example.org/agent/buyer/2"),
                                 {5, 2}}),
    [](const auto& test) { return test.param.name; });

TEST_F(LedgerReaderTest, StopsLookingAfterItsBoundAndSaysWhereToGoOn) {
  Fill(kMaxScannedEntries + 600);
  EntryQuery query;
  query.type = "log.opened";
  auto page = reader_.List(query);
  ASSERT_THAT(page, IsOk());
  EXPECT_TRUE(page->entries.empty());
  ASSERT_TRUE(page->before);
  query.before = page->before;
  EXPECT_THAT(Indexes(*reader_.List(query)), ElementsAre(0));
}

TEST_F(LedgerReaderTest, RefusesAPageSizeOutOfBounds) {
  for (const std::size_t size : {std::size_t{0}, kMaxPageEntries + 1}) {
    EntryQuery query;
    query.page_size = size;
    EXPECT_THAT(reader_.List(query), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(LedgerReaderTest, GetsOneEntryExactlyAndSaysHowManyThereAre) {
  Fill(3);
  EXPECT_EQ(*reader_.Get(1), store_.All()[1].bytes);
  const auto none = reader_.Get(3);
  EXPECT_THAT(none, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Message(none.status()), HasSubstr("the ledger has 3"));
}

TEST_F(LedgerReaderTest, ExportsEverythingInOrderWithinItsChunks) {
  Fill(1200);
  std::vector<std::string> all;
  std::size_t largest = 0;
  EXPECT_THAT(reader_.Export(0,
                             [&](const std::vector<std::string>& entries) {
                               std::size_t bytes = 0;
                               for (const std::string& entry : entries) {
                                 all.push_back(entry);
                                 bytes += entry.size();
                               }
                               largest = std::max(largest, bytes);
                               return OkStatus();
                             }),
              IsOk());
  ASSERT_EQ(all.size(), 1200U);
  EXPECT_EQ(all[777], store_.All()[777].bytes);
  EXPECT_LE(largest, kMaxPageBytes);
}

TEST_F(LedgerReaderTest, ExportEndsWithTheSinksErrorAndKnowsItsBounds) {
  Fill(3);
  const auto refuse = [](const std::vector<std::string>&) { return Unavailable("gone"); };
  EXPECT_THAT(reader_.Export(0, refuse), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(reader_.Export(3, refuse), IsOk()) << "nothing to give";
  EXPECT_THAT(reader_.Export(4, refuse), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(LedgerReaderTest, AGoodLedgerIsIntact) {
  Fill(5);
  std::uint64_t total = 0;
  const auto report = reader_.Verify([&](std::uint64_t, std::uint64_t all) {
    total = all;
    return OkStatus();
  });
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->intact);
  EXPECT_EQ(report->entries, 5U);
  EXPECT_EQ(report->last_leaf, store_.All().back().leaf);
  EXPECT_EQ(total, 5U);
}

VerifyProgress NoProgress() {
  return [](std::uint64_t, std::uint64_t) { return OkStatus(); };
}

TEST_F(LedgerReaderTest, NamesTheFirstBadEntryAndHowItIsBad) {
  Fill(6);
  store_.Tamper([](std::vector<ledger::StoredEntry>& entries) {
    entries[3].bytes[entries[3].bytes.find("buyer")] = 'B';
  });
  const auto report = reader_.Verify(NoProgress());
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->intact);
  EXPECT_EQ(report->entries, 3U);
  EXPECT_EQ(report->first_bad, 3U);
  EXPECT_EQ(report->kind, "leaf");
  EXPECT_NE(report->reason, "");
}

TEST_F(LedgerReaderTest, AMarkThatKnowsMoreIsADefect) {
  Fill(3);
  marks_.Set(ledger::FormatMark(
      ledger::MarkOf(identity_, {.size = 9, .last_leaf = store_.All().back().leaf})));
  EXPECT_EQ(reader_.Verify(NoProgress())->kind, "mark");
  LedgerReader without(store_, hasher_, nullptr, "");
  EXPECT_TRUE(without.Verify(NoProgress())->intact);
}

TEST_F(LedgerReaderTest, SaysWhenTheEndIsComparedWithNothing) {
  Fill(3);
  EXPECT_THAT(reader_.Verify(NoProgress())->unmarked, HasSubstr(marks_.Where()));
  LedgerReader without(store_, hasher_, nullptr, "");
  EXPECT_NE(without.Verify(NoProgress())->unmarked, "");
  marks_.Set(ledger::FormatMark(
      ledger::MarkOf(identity_, {.size = 3, .last_leaf = store_.All().back().leaf})));
  EXPECT_EQ(reader_.Verify(NoProgress())->unmarked, "");
}

TEST_F(LedgerReaderTest, AMarkThatCannotBeReadIsAnError) {
  Fill(3);
  marks_.FailReadsWith(Unavailable("disk"));
  EXPECT_THAT(reader_.Verify(NoProgress()), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(LedgerReaderTest, AnEntryThatIsNoneEndsAListWithItsIndex) {
  Fill(3);
  store_.Tamper([](std::vector<ledger::StoredEntry>& entries) { entries[1].bytes = "junk"; });
  const auto page = reader_.List({});
  EXPECT_THAT(page, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(page.status()), HasSubstr("entry 1"));
}

TEST_F(LedgerReaderTest, PassesOnWhatTheStoreSays) {
  store_.FailReadsWith(Unavailable("disk"));
  EXPECT_THAT(reader_.Info(), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(reader_.List({}), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(reader_.Get(0), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace svidence::admin
