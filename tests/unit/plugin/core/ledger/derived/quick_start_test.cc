#include "plugin/core/ledger/derived/quick_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/registry.h"
#include "tests/support/derived_log.h"
#include "tests/support/key_changes.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::DerivedLog;
using ::svidence::testing::FakeDerivedStore;
using ::svidence::testing::FlipBit;
using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

// Everything that a start gives to the server.
struct Started {
  OpenedLedger opened;
  std::unique_ptr<registry::Registry> registry = std::make_unique<registry::Registry>();
};

StatusOr<Started> Start(const OpenPorts& ports, const OpenSettings& settings) {
  auto registry = std::make_unique<registry::Registry>();
  SVIDENCE_ASSIGN_OR_RETURN(OpenedLedger opened, OpenLedger(ports, settings, *registry));
  return Started{std::move(opened), std::move(registry)};
}

void ExpectSame(DerivedLog& log, const Started& quick, const Started& full) {
  EXPECT_EQ(quick.opened.identity, full.opened.identity);
  EXPECT_EQ(quick.opened.start.head, full.opened.start.head);
  EXPECT_EQ(quick.opened.start.last_at_millis, full.opened.start.last_at_millis);
  EXPECT_EQ(quick.opened.start.tree, full.opened.start.tree);
  const SubjectIndex& subjects = *quick.opened.start.subjects;
  EXPECT_EQ(subjects.size(), full.opened.start.subjects->size());
  for (const StoredEntry& stored : log.store.All()) {
    const Entry entry = *ParseEntry(stored.bytes);
    EXPECT_EQ(subjects.Last(entry.subject), full.opened.start.subjects->Last(entry.subject));
    EXPECT_EQ(quick.registry->RevokedIn(entry.subject), full.registry->RevokedIn(entry.subject));
  }
  EXPECT_EQ(quick.registry->ListRevoked(), full.registry->ListRevoked());
  EXPECT_EQ(quick.registry->NotUnderstood(), full.registry->NotUnderstood());
  const auto quick_agents = quick.registry->List();
  const auto full_agents = full.registry->List();
  ASSERT_EQ(quick_agents.size(), full_agents.size());
  for (std::size_t i = 0; i < quick_agents.size(); ++i) {
    EXPECT_EQ(quick_agents[i]->name, full_agents[i]->name);
    EXPECT_EQ(quick_agents[i]->scope, full_agents[i]->scope);
    EXPECT_EQ(quick_agents[i]->registered_in, full_agents[i]->registered_in);
  }
}

class QuickStartTest : public ::testing::Test {
 protected:
  StatusOr<Started> Quick() { return Start(log_.Ports(), log_.Settings()); }
  StatusOr<Started> Full() {
    OpenPorts ports = log_.Ports();
    ports.derived = nullptr;
    return Start(ports, log_.Settings());
  }
  // Covers `covered` entries of a log of `size`, marked.
  void Make(std::size_t covered, std::size_t size) {
    log_.Grow(covered);
    log_.Derive();
    if (size > covered) log_.Grow(size - covered);
    log_.Mark();
  }
  // The start succeeds, but reads the whole ledger, for this reason.
  void ExpectWhole(const char* why) {
    const StatusOr<Started> started = Quick();
    ASSERT_THAT(started, IsOk());
    EXPECT_FALSE(started->opened.quick);
    EXPECT_THAT(started->opened.why_not_quick, HasSubstr(why));
    ExpectSame(log_, *started, *Full());
  }

  DerivedLog log_;
};

TEST_F(QuickStartTest, GivesWhatAFullStartGives) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    DerivedLog log(seed);
    const std::size_t covered = 1 + seed * 37 % 600;
    log.Grow(covered);
    if (seed % 3 == 0) log.Mark();
    log.Derive();
    log.Grow(seed % 5 == 0 ? 0 : seed * 13 % 300);
    if (seed % 3 == 1) log.Mark();
    const StatusOr<Started> quick = Start(log.Ports(), log.Settings());
    ASSERT_THAT(quick, IsOk());
    EXPECT_TRUE(quick->opened.quick) << seed << quick->opened.why_not_quick;
    OpenPorts ports = log.Ports();
    ports.derived = nullptr;
    const StatusOr<Started> full = Start(ports, log.Settings());
    ASSERT_THAT(full, IsOk());
    EXPECT_FALSE(full->opened.quick);
    ExpectSame(log, *quick, *full);
  }
}

TEST_F(QuickStartTest, TheDenySetIsCompleteWhenTheStartIsOver) {
  log_.Grow(50, 1000);
  log_.Derive();
  log_.Grow(400, 2);
  const StatusOr<Started> tail = Quick();
  log_.Derive();
  const StatusOr<Started> covered = Quick();
  const StatusOr<Started> full = Full();
  ASSERT_THAT(tail, IsOk());
  ASSERT_THAT(covered, IsOk());
  ASSERT_THAT(full, IsOk());
  ASSERT_FALSE(full->registry->ListRevoked().empty());
  EXPECT_EQ(tail->registry->ListRevoked(), full->registry->ListRevoked());
  EXPECT_EQ(covered->registry->ListRevoked(), full->registry->ListRevoked());
}

TEST_F(QuickStartTest, ReadsASmallLedgerWhole) {
  Make(20, 20);
  OpenSettings settings = log_.Settings();
  settings.min_quick_entries = 20;
  EXPECT_TRUE(Start(log_.Ports(), settings)->opened.quick);
  settings.min_quick_entries = 21;
  const StatusOr<Started> started = Start(log_.Ports(), settings);
  ASSERT_THAT(started, IsOk());
  EXPECT_FALSE(started->opened.quick);
}

TEST_F(QuickStartTest, WithoutDerivedStateReadsTheWholeLedgerAndFillsIt) {
  Make(300, 300);
  const FakeDerivedStore::Content whole = log_.derived.content();
  ASSERT_THAT(log_.derived.Clear(), IsOk());
  StatusOr<Started> started = Quick();
  ASSERT_THAT(started, IsOk());
  EXPECT_FALSE(started->opened.quick);
  ASSERT_NE(started->opened.derived, nullptr);
  ASSERT_THAT(started->opened.derived->Flush(&log_.key.signer()), IsOk());
  EXPECT_EQ(log_.derived.content(), whole);
  EXPECT_TRUE(Quick()->opened.quick);
}

TEST_F(QuickStartTest, AStoreThatFailsNeverKeepsTheLedgerFromOpening) {
  Make(300, 310);
  log_.derived.FailReadsWith(Unavailable("no disk"));
  ExpectWhole("no disk");
  log_.derived.FailReadsWith(OkStatus());
  log_.derived.FailClearsWith(FailedPrecondition("read-only"));
  FakeDerivedStore::Content content = log_.derived.content();
  content.seal = "garbage";
  log_.derived.Set(content);
  ExpectWhole("note");
  EXPECT_EQ(Quick()->opened.derived, nullptr);
  log_.derived.FailClearsWith(OkStatus());
  log_.derived.FailExtendsWith(ResourceExhausted("disk is full"));
  ExpectWhole("note");
}

TEST_F(QuickStartTest, NeverBelievesAnotherKeysSeal) {
  Make(300, 300);
  const testing::NoteKey other(log_.hasher, 2, log_.identity.origin);
  FakeDerivedStore::Content content = log_.derived.content();
  const DerivedState state = *ParseDerivedState(ParseNote(content.seal)->text);
  content.seal = *SignSeal(other.signer(), state);
  log_.derived.Set(content);
  ExpectWhole("signed");
}

TEST_F(QuickStartTest, NeverBelievesTheStateOfAnotherLog) {
  Make(300, 300);
  FakeDerivedStore::Content content = log_.derived.content();
  DerivedState state = *ParseDerivedState(ParseNote(content.seal)->text);
  state.uuid[0] = 'f';
  content.seal = *SignSeal(log_.key.signer(), state);
  log_.derived.Set(content);
  ExpectWhole("is of log f");
}

TEST_F(QuickStartTest, NeverBelievesAStateThatIsAheadOfTheLedger) {
  Make(300, 300);
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries.resize(250); });
  log_.marks.Set(std::nullopt);
  ExpectWhole("covers 300 entries, the ledger has 250");
}

// Somebody hides a revocation, un-revokes by a made-up order, or moves a subject.
TEST_F(QuickStartTest, NoRowCanBeTakenOutAddedOrChangedUnnoticed) {
  log_.Grow(400);
  log_.Derive();
  const FakeDerivedStore::Content good = log_.derived.content();
  const std::vector<std::pair<const char*, std::function<void(FakeDerivedStore::Content&)>>>
      changes{
          {"state taken out", [](auto& c) { c.states.erase(std::prev(c.states.end())); }},
          {"first state taken out", [](auto& c) { c.states.erase(c.states.begin()); }},
          {"state added",
           [](auto& c) {
             for (EntryIndex i = 0;; ++i) {
               if (c.states.insert(i).second) return;
             }
           }},
          {"state beyond the end", [](auto& c) { c.states.insert(400); }},
          {"subject taken out", [](auto& c) { c.subjects.erase(c.subjects.begin()); }},
          {"subject added", [](auto& c) { c.subjects[SubjectKey{1}] = 3; }},
          {"subject moved", [](auto& c) { c.subjects.begin()->second ^= 1; }},
          {"subject beyond the end", [](auto& c) { c.subjects.begin()->second = 400; }},
          {"two subjects swapped",
           [](auto& c) {
             std::swap(c.subjects.begin()->second, std::next(c.subjects.begin())->second);
           }},
          {"tile gone",
           [](auto& c) {
             c.tiles.erase({0, 1});
           }},
          {"size", [](auto& c) { --c.size; }},
      };
  for (const auto& [name, change] : changes) {
    SCOPED_TRACE(name);
    FakeDerivedStore::Content content = good;
    change(content);
    log_.derived.Set(content);
    const StatusOr<Started> started = Quick();
    ASSERT_THAT(started, IsOk());
    EXPECT_FALSE(started->opened.quick);
  }
}

// A log that has changed its key in entry 150 of 300.
class QuickStartOfChangedKeysTest : public ::testing::Test {
 protected:
  QuickStartOfChangedKeysTest() {
    store_.Tamper([this](std::vector<StoredEntry>& stored) { stored = changes_.Chain(300, 150); });
  }
  // The derived state, sealed with a key.
  void Derive(std::uint8_t seal_key) {
    DerivedWriter writer(derived_, hasher_, changes_.Identity().uuid);
    ASSERT_THAT(writer.Restart(), IsOk());
    for (const StoredEntry& entry : store_.All()) {
      ASSERT_THAT(writer.Add(*ScanEntry(entry.bytes), entry.leaf), IsOk());
    }
    ASSERT_THAT(writer.Flush(&changes_.Key(seal_key).signer()), IsOk());
  }
  StatusOr<OpenedLedger> StartWith(std::uint8_t key) {
    registry::Registry registry;
    return OpenLedger({.store = store_,
                       .marks = marks_,
                       .hasher = hasher_,
                       .clock = clock_,
                       .random = random_,
                       .verifier = &verifier_,
                       .derived = &derived_},
                      {.trust_domain = "example.org",
                       .by = "server:a",
                       .log_key = changes_.Key(key).vkey().key,
                       .progress = {},
                       .min_quick_entries = 1},
                      registry);
  }

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  testing::FakeLedgerStore store_;
  testing::FakeMarkStore marks_;
  FakeDerivedStore derived_;
  testing::KeyChanges changes_{hasher_};
};

TEST_F(QuickStartOfChangedKeysTest, FollowsTheKeysWithoutReadingTheRest) {
  Derive(2);
  const StatusOr<OpenedLedger> opened = StartWith(2);
  ASSERT_THAT(opened, IsOk());
  EXPECT_TRUE(opened->quick) << opened->why_not_quick;
  ASSERT_EQ(opened->keys.keys().size(), 2U);
  EXPECT_EQ(opened->keys.current().first_size, 151U);
}

TEST_F(QuickStartOfChangedKeysTest, BelievesNoSealOfAKeyThatWasGivenUp) {
  Derive(1);
  const StatusOr<OpenedLedger> opened = StartWith(2);
  ASSERT_THAT(opened, IsOk());
  EXPECT_FALSE(opened->quick);
}

TEST_F(QuickStartOfChangedKeysTest, RefusesTheOldKeyAsAFullStartDoes) {
  Derive(2);
  const StatusOr<OpenedLedger> opened = StartWith(1);
  EXPECT_THAT(opened, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(opened.status()), HasSubstr("since entry 150 changed it"));
}

TEST_F(QuickStartTest, EveryBitOfTheSealCounts) {
  Make(60, 60);
  const FakeDerivedStore::Content good = log_.derived.content();
  for (std::size_t bit = 0; bit < good.seal.size() * 8; bit += 3) {
    FakeDerivedStore::Content content = good;
    content.seal = FlipBit(good.seal, bit);
    log_.derived.Set(content);
    EXPECT_FALSE(
        RestoreState({log_.store, log_.derived, log_.hasher, log_.verifier}, log_.head()).ok())
        << bit;
  }
}

// The right edge is all that a start takes from the tiles; what stands further left
// shows when it is used.
TEST_F(QuickStartTest, EveryBitOfTheRightEdgeCounts) {
  Make(300, 300);
  const FakeDerivedStore::Content good = log_.derived.content();
  const std::string& open = good.tiles.at({0, 1});
  for (std::size_t bit = 0; bit < open.size() * 8; bit += 13) {
    FakeDerivedStore::Content content = good;
    content.tiles[{0, 1}] = FlipBit(open, bit);
    log_.derived.Set(content);
    EXPECT_FALSE(
        RestoreState({log_.store, log_.derived, log_.hasher, log_.verifier}, log_.head()).ok())
        << bit;
  }
}

TEST_F(QuickStartTest, AChangedStateEntryIsFoundAndNamed) {
  Make(400, 420);
  const EntryIndex index = *log_.derived.content().states.rbegin();
  log_.store.Tamper([index](std::vector<StoredEntry>& entries) {
    entries[index].bytes[60] = entries[index].bytes[60] == '0' ? '1' : '0';
  });
  const StatusOr<Started> started = Quick();
  EXPECT_THAT(started, StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(Message(started.status()), HasSubstr("entry " + std::to_string(index)));
}

TEST_F(QuickStartTest, AChangedLastCoveredEntryIsFoundAndNamed) {
  Make(400, 400);
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries[399].bytes[60] ^= 1; });
  EXPECT_THAT(Message(Quick().status()), HasSubstr("entry 399, leaf"));
}

TEST_F(QuickStartTest, AChangedTailIsFoundAndNamed) {
  Make(400, 420);
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries[410].bytes[60] ^= 1; });
  EXPECT_THAT(Message(Quick().status()), HasSubstr("entry 410, leaf"));
}

TEST_F(QuickStartTest, AShorterOrOtherLedgerIsRefusedAllTheSame) {
  Make(400, 420);
  log_.store.Tamper([](std::vector<StoredEntry>& entries) { entries.resize(410); });
  const StatusOr<Started> started = Quick();
  EXPECT_THAT(started, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(started.status()),
              HasSubstr("has 410 entries, the high-water mark has seen 420"));
}

// What a crash between the ledger's commit and the derived one leaves behind.
TEST_F(QuickStartTest, IsQuickWhereverTheDerivedCommitWasLost) {
  log_.Grow(257);
  for (int round = 0; round < 20; ++round) {
    log_.Derive();
    log_.Grow(static_cast<std::size_t>(round) * 3);
    log_.Mark();
    const StatusOr<Started> quick = Quick();
    ASSERT_THAT(quick, IsOk());
    EXPECT_TRUE(quick->opened.quick);
    ExpectSame(log_, *quick, *Full());
  }
}

}  // namespace
}  // namespace svidence::ledger
