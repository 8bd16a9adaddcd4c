#include "plugin/core/ledger/audit/audit.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/verify.h"
#include "tests/support/key_changes.h"
#include "tests/support/opened_ledger.h"
#include "tests/support/published_log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tampered_store.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::HeadOf;
using ::svidence::testing::IsOk;
using ::svidence::testing::OpenedChain;
using ::svidence::testing::RootOf;
using ::svidence::testing::SampleDraft;
using ::svidence::testing::SampleIdentity;
using ::svidence::testing::SourceOf;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TamperedLedger;
using ::svidence::testing::TamperedStore;
using ::svidence::testing::Untouched;
using ::testing::HasSubstr;

class AuditTest : public ::testing::Test {
 protected:
  AuditReport Run(const TamperedLedger& ledger, AuditOptions options = {}) {
    StoreSource source = SourceOf(ledger);
    StatusOr<AuditReport> report = Audit(source, hasher_, options);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *std::move(report) : AuditReport{};
  }
  std::string Found(const AuditReport& report) const {
    if (!report.defect) return "none";
    return std::string(NameOf(report.defect->kind)) + " " + std::to_string(report.defect->index);
  }
  // A draft on one of `subjects` subjects, rendered at `place`.
  StoredEntry Render(const EntryPlace& place, const std::string& subject) const {
    StoredEntry entry{.bytes = *RenderEntry(SampleDraft(subject), place)};
    entry.leaf = LeafHash(hasher_, entry.bytes);
    return entry;
  }
  // Links all entries from `from` on anew, as somebody with the file in hand can.
  void Rechain(std::vector<StoredEntry>& entries, std::size_t from) const {
    for (std::size_t i = from; i < entries.size(); ++i) {
      StatusOr<Entry> entry = ParseEntry(entries[i].bytes);
      if (!entry.ok()) return;
      entry->place.prev = i == 0 ? Digest{} : entries[i - 1].leaf;
      entries[i].bytes = *RenderEntry({.type = entry->type,
                                       .by = entry->by,
                                       .subject = entry->subject,
                                       .agent = entry->agent,
                                       .members = entry->members},
                                      entry->place);
      entries[i].leaf = LeafHash(hasher_, entries[i].bytes);
    }
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
};

TEST_F(AuditTest, FindsNothingInAGoodLedgerHoweverItIsCut) {
  const std::vector<StoredEntry> good = OpenedChain(hasher_, 37);
  const TamperedLedger ledger = Untouched(good);
  for (const unsigned jobs : {1U, 2U, 5U}) {
    for (const EntryIndex slice : {1U, 2U, 4U, 32U, 64U, 65536U}) {
      const AuditReport report = Run(ledger, {.jobs = jobs, .slice_entries = slice});
      EXPECT_EQ(Found(report), "none") << jobs << " " << slice;
      EXPECT_EQ(report.head, HeadOf(good));
      EXPECT_EQ(report.root, RootOf(hasher_, good));
      EXPECT_EQ(report.identity, SampleIdentity(hasher_));
    }
  }
}

TEST_F(AuditTest, RefusesOptionsOutsideTheirBounds) {
  const TamperedLedger ledger = Untouched(OpenedChain(hasher_, 1));
  StoreSource source = SourceOf(ledger);
  const auto refused = [&](const AuditOptions& options) {
    return Audit(source, hasher_, options).status();
  };
  EXPECT_THAT(refused({.jobs = 0}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(refused({.jobs = kMaxAuditJobs + 1}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(refused({.slice_entries = 3}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(refused({.slice_entries = 2 * kSliceEntries}),
              StatusIs(StatusCode::kInvalidArgument));
  AuditOptions many;
  many.expected.resize(kMaxExpectedTrees + 1);
  EXPECT_THAT(refused(many), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(AuditTest, TellsHowFarItIsAndEndsWhereItIsTold) {
  const TamperedLedger ledger = Untouched(OpenedChain(hasher_, 10));
  std::vector<EntryIndex> done;
  AuditOptions options{.jobs = 2, .slice_entries = 4};
  options.progress = [&done](const AuditProgress& progress) -> Status {
    EXPECT_EQ(progress.total, 10U);
    done.push_back(progress.done);
    return OkStatus();
  };
  (void)Run(ledger, options);
  EXPECT_THAT(done, ::testing::ElementsAre(4, 8, 10));

  options.progress = [](const AuditProgress&) { return Cancelled("enough"); };
  StoreSource source = SourceOf(ledger);
  EXPECT_THAT(Audit(source, hasher_, options), StatusIs(StatusCode::kCancelled));
}

TEST_F(AuditTest, AStoreThatCannotBeReadIsAnErrorNotAFinding) {
  TamperedLedger ledger = Untouched(OpenedChain(hasher_, 3));
  ledger.head = Unavailable("no disk");
  StoreSource source = SourceOf(ledger);
  EXPECT_THAT(Audit(source, hasher_, {}), StatusIs(StatusCode::kUnavailable));
}

TEST_F(AuditTest, FindsACutTailByTheMark) {
  std::vector<StoredEntry> entries = OpenedChain(hasher_, 6);
  const HighWaterMark mark =
      MarkOf(SampleIdentity(hasher_), {.size = 4, .last_leaf = entries[3].leaf});
  EXPECT_EQ(Found(Run(Untouched(entries), {.mark = mark, .slice_entries = 2})), "none");
  entries.resize(3);
  EXPECT_EQ(Found(Run(Untouched(entries), {.mark = mark, .slice_entries = 2})), "mark 3");
}

// The chain and the tree computed anew show only to whoever kept a checkpoint.
TEST_F(AuditTest, FindsARewrittenAndACutLedgerByACheckpoint) {
  const std::vector<StoredEntry> good = OpenedChain(hasher_, 11);
  for (EntryIndex size = 0; size <= good.size(); ++size) {
    const std::vector<StoredEntry> then(good.begin(),
                                        good.begin() + static_cast<std::ptrdiff_t>(size));
    AuditOptions options{.jobs = 2, .slice_entries = 4};
    options.expected = {{.size = size, .root = RootOf(hasher_, then), .name = "the checkpoint"}};
    EXPECT_EQ(Found(Run(Untouched(good), options)), "none") << size;
    options.expected[0].root[31] ^= 1;
    EXPECT_EQ(Found(Run(Untouched(good), options)),
              "checkpoint " + std::to_string(size == 0 ? 0 : size - 1));
  }
  AuditOptions options{.slice_entries = 4};
  options.expected = {{.size = 11, .root = RootOf(hasher_, good), .name = "the checkpoint"}};
  std::vector<StoredEntry> cut = good;
  cut.resize(9);
  EXPECT_EQ(Found(Run(Untouched(cut), options)), "checkpoint 9");

  std::vector<StoredEntry> rewritten = good;
  rewritten[5] = Render(ParseEntry(good[5].bytes)->place, ParseEntry(good[5].bytes)->subject);
  rewritten[5].bytes.replace(rewritten[5].bytes.find("server:a"), 8, "server:b");
  rewritten[5].leaf = LeafHash(hasher_, rewritten[5].bytes);
  Rechain(rewritten, 6);
  EXPECT_EQ(Found(Run(Untouched(rewritten))), "none");  // by no chain
  const AuditReport report = Run(Untouched(rewritten), options);
  EXPECT_EQ(Found(report), "checkpoint 10");
  EXPECT_THAT(report.defect->sentence, HasSubstr("the checkpoint has the root sha256:"));
}

// Tampering of the reference table: name, what somebody does, what is found.
struct Tampering {
  std::string name;
  std::function<void(std::vector<std::optional<StoredEntry>>&)> act;
  std::string wants;
};

class TamperingTest : public AuditTest, public ::testing::WithParamInterface<Tampering> {};

TEST_P(TamperingTest, IsFoundAtItsEntryByBothVerifiers) {
  TamperedLedger ledger = Untouched(OpenedChain(hasher_, 12));
  GetParam().act(ledger.entries);
  TamperedStore store(ledger);
  const StatusOr<VerifyReport> sequential = VerifyLedger(store, hasher_, {});
  ASSERT_THAT(sequential, IsOk());
  ASSERT_TRUE(sequential->defect);
  EXPECT_EQ(std::string(NameOf(sequential->defect->kind)) + " " +
                std::to_string(sequential->defect->index),
            GetParam().wants);
  for (const EntryIndex slice : {1U, 4U, 8U, 16U}) {
    const AuditReport report = Run(ledger, {.jobs = 2, .slice_entries = slice});
    EXPECT_EQ(Found(report), GetParam().wants) << slice;
    ASSERT_TRUE(report.defect);
    EXPECT_EQ(report.defect->sentence, sequential->defect->sentence);
    EXPECT_EQ(report.head, sequential->head);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, TamperingTest,
    ::testing::Values(
        Tampering{"Deleted", [](auto& all) { all.erase(all.begin() + 5); }, "index 5"},
        Tampering{"GoneFromTheMiddle", [](auto& all) { all[5].reset(); }, "missing 5"},
        Tampering{"FirstGone", [](auto& all) { all[0].reset(); }, "missing 0"},
        Tampering{"TailCut", [](auto& all) { all.pop_back(); }, "missing 11"},
        Tampering{"Inserted", [](auto& all) { all.insert(all.begin() + 4, all[2]); }, "index 4"},
        Tampering{"Doubled", [](auto& all) { all.insert(all.begin() + 4, all[3]); }, "index 4"},
        Tampering{"Appended", [](auto& all) { all.push_back(all.back()); }, "surplus 12"},
        Tampering{"Swapped", [](auto& all) { std::swap(all[3], all[4]); }, "index 3"},
        Tampering{"OtherBytes", [](auto& all) { all[7]->bytes[60] ^= 1; }, "leaf 7"},
        Tampering{"OtherStoredHash", [](auto& all) { all[7]->leaf[0] ^= 1; }, "leaf 7"},
        Tampering{"Emptied", [](auto& all) { all.clear(); }, "missing 0"}),
    [](const auto& test) { return test.param.name; });

// Somebody who also computes the stored hash of what he changed.
class MadeGoodTest : public AuditTest {
 protected:
  std::string FoundWith(std::size_t at, const std::function<void(std::string&)>& change) {
    TamperedLedger ledger = Untouched(OpenedChain(hasher_, 12));
    StoredEntry& entry = *ledger.entries[at];
    change(entry.bytes);
    entry.leaf = LeafHash(hasher_, entry.bytes);
    return Found(Run(ledger, {.jobs = 2, .slice_entries = 4}));
  }
  static void Replace(std::string& bytes, const std::string& from, const std::string& to) {
    const std::size_t at = bytes.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bytes.replace(at, from.size(), to);
  }
  auto Replacing(std::string from, std::string to) {
    return [from, to](std::string& bytes) { Replace(bytes, from, to); };
  }
};

TEST_F(MadeGoodTest, TheSameMeaningInOtherBytesIsFound) {
  EXPECT_EQ(FoundWith(5, Replacing(R"("v":1)", R"("v": 1)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("i":5)", R"("i":5.0)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("i":5)", R"("i":05)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("i":5)", R"("i":5e0)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing("buyer", R"(\u0062uyer)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("v":1,)", R"("v":1,"v":1,)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, [](std::string& bytes) { bytes += '\r'; }), "malformed 5");
  EXPECT_EQ(FoundWith(5, [](std::string& bytes) { bytes += ' '; }), "malformed 5");
  EXPECT_EQ(FoundWith(0, [](std::string& bytes) { bytes.insert(0, "\xef\xbb\xbf"); }),
            "malformed 0");
  EXPECT_EQ(FoundWith(5, [](std::string& bytes) { bytes.clear(); }), "malformed 5");
}

TEST_F(MadeGoodTest, AnEntryOfAnotherVersionIsFound) {
  EXPECT_EQ(FoundWith(5, Replacing(R"("v":1)", R"("v":0)")), "malformed 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"({"v":1,)", "{")), "malformed 5");
}

TEST_F(MadeGoodTest, AnotherPlaceIsFound) {
  EXPECT_EQ(FoundWith(5, Replacing(R"("i":5)", R"("i":6)")), "index 5");
  EXPECT_EQ(FoundWith(5, Replacing("server:a", "server:b")), "prev 6");
  EXPECT_EQ(FoundWith(11, Replacing("server:a", "server:b")), "head 11");
  EXPECT_EQ(FoundWith(4, Replacing(R"("at":"2026)", R"("at":"2025)")), "time 4");
  EXPECT_EQ(FoundWith(5, Replacing(R"("subject_prev":2)", R"("subject_prev":1)")),
            "subject_prev 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("subject_prev":2)", R"("subject_prev":null)")),
            "subject_prev 5");
  EXPECT_EQ(FoundWith(5, Replacing(R"("type":"issue.x509")", R"("type":"log.opened")")),
            "opening 5");
}

// Any damage, any cut into slices: the same first defect as one entry after the other.
TEST_F(AuditTest, FindsTheSameFirstDefectAsTheSequentialVerifier) {
  std::mt19937 random(20261125);
  const auto below = [&random](std::size_t n) { return random() % n; };
  std::map<std::string, int> kinds;
  for (int round = 0; round < 1500; ++round) {
    std::vector<StoredEntry> entries = OpenedChain(hasher_, 2 + below(40));
    TamperedLedger ledger = Untouched(entries);
    for (std::size_t damages = 1 + below(2); damages > 0 && !entries.empty(); --damages) {
      const std::size_t at = below(entries.size());
      StoredEntry& entry = entries[at];
      const bool rechain = below(3) != 0;
      switch (below(9)) {
        case 0:
          entry.bytes[below(entry.bytes.size())] ^= static_cast<char>(1U << below(7));
          break;
        case 1:
          entry.bytes[below(entry.bytes.size())] ^= static_cast<char>(1U << below(7));
          entry.leaf = LeafHash(hasher_, entry.bytes);
          break;
        case 2:
          std::swap(entry, entries[below(entries.size())]);
          break;
        case 3:
          entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        case 4:
          entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at), entries[at]);
          break;
        default: {
          StatusOr<Entry> parsed = ParseEntry(entry.bytes);
          if (!parsed.ok()) break;
          EntryPlace place = parsed->place;
          if (below(3) == 0) place.at_millis -= 10'000'000;
          if (below(2) == 0 && at > 0) place.subject_prev = below(at);
          if (below(3) == 0) place.subject_prev.reset();
          const bool opens = below(6) == 0;
          entry.bytes = *RenderEntry(opens ? DraftOpened(SampleIdentity(hasher_), "server:a")
                                           : SampleDraft(parsed->subject),
                                     place);
          entry.leaf = LeafHash(hasher_, entry.bytes);
          break;
        }
      }
      if (rechain) Rechain(entries, at);
    }
    ledger.entries.assign(entries.begin(), entries.end());
    if (below(2) == 0) ledger.head = HeadOf(entries);
    if (below(8) == 0) ledger.head = DataLoss("the head does not fit");
    if (below(4) == 0 && !entries.empty()) ledger.entries[below(entries.size())].reset();

    TamperedStore store(ledger);
    const StatusOr<VerifyReport> sequential = VerifyLedger(store, hasher_, {});
    ASSERT_THAT(sequential, IsOk());
    const EntryIndex slice = EntryIndex{1} << below(7);
    const AuditReport report =
        Run(ledger, {.jobs = static_cast<unsigned>(1 + below(3)), .slice_entries = slice});
    ASSERT_EQ(report.ok(), sequential->ok()) << round;
    // The sequential one counts the entry with a bad opening as read.
    if (report.ok() || report.defect->kind != DefectKind::kOpening) {
      ASSERT_EQ(report.head, sequential->head) << round << " " << Found(report);
    }
    if (report.ok()) continue;
    ++kinds[std::string(NameOf(report.defect->kind))];
    ASSERT_EQ(report.defect->index, sequential->defect->index) << round;
    ASSERT_EQ(NameOf(report.defect->kind), NameOf(sequential->defect->kind)) << round;
    ASSERT_EQ(report.defect->sentence, sequential->defect->sentence) << round;
  }
  // The rounds reach every kind that entries and their end can show.
  for (const char* kind : {"malformed", "leaf", "index", "prev", "time", "subject_prev", "opening",
                           "missing", "surplus", "head"}) {
    EXPECT_GT(kinds[kind], 0) << kind;
  }
}

TEST_F(AuditTest, FollowsAChangeOfKeysWhereverTheSlicesEnd) {
  const openssl::OpenSslEd25519Verifier verifier;
  const svidence::testing::KeyChanges changes(hasher_);
  for (const std::size_t change : {1U, 3U, 4U, 7U, 8U}) {
    const std::vector<StoredEntry> entries = changes.Chain(10, change);
    for (const EntryIndex slice : {EntryIndex{4}, EntryIndex{16}}) {
      const AuditReport good =
          Run(Untouched(entries), {.slice_entries = slice, .verifier = &verifier});
      EXPECT_EQ(Found(good), "none") << change;
      EXPECT_EQ(Found(Run(Untouched(entries), {.slice_entries = slice})),
                "key " + std::to_string(change))
          << "nobody can check it";
    }
  }
}

TEST_F(AuditTest, FindsAChangeOfKeysThatTheOldKeyHasNotSigned) {
  const openssl::OpenSslEd25519Verifier verifier;
  const svidence::testing::KeyChanges changes(hasher_);
  const std::vector<StoredEntry> entries =
      svidence::testing::WriteChain(hasher_, 10, 0, [&](std::size_t i) {
        if (i == 0) return DraftOpened(changes.Identity(), "server:a");
        return i == 6 ? changes.Change(3, 2) : SampleDraft("spiffe://example.org/agent/a");
      });
  for (const EntryIndex slice : {EntryIndex{2}, EntryIndex{4}, EntryIndex{16}}) {
    const AuditReport report =
        Run(Untouched(entries), {.slice_entries = slice, .verifier = &verifier});
    EXPECT_EQ(Found(report), "key 6");
    EXPECT_EQ(report.head.size, 6U) << "those before it are good";
  }
}

}  // namespace
}  // namespace svidence::ledger
