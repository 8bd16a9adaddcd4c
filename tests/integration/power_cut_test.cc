// The real store and committer on a disk that loses power: at every change that they
// make to it, with several choices of what survives. Whatever was acknowledged must be
// there; the rest wholly or not at all; the mark must never lead.
//
// Each bug that is planted here must make the same harness find a loss.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/adapters/sqlite/wal_check.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/mark_keeper.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/ledger/verify.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/long_run.h"
#include "tests/support/simulated_disk/disk.h"
#include "tests/support/simulated_disk/mark_store.h"
#include "tests/support/simulated_disk/vfs.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ledger::AppendResult;
using ledger::Head;
using ledger::StoredEntry;
using testing::Cut;
using testing::DiskFault;
using testing::DiskOp;
using testing::IsOk;
using testing::SimulatedDisk;

constexpr int kCheckpointPages = 24;
constexpr const char* kMarkName = "/mark/high-water-mark";
// Entries of each batch: one, several, some large enough to split pages.
constexpr std::array<std::size_t, 14> kBatches{1, 1, 3, 1, 8, 2, 1, 5, 1, 1, 12, 1, 4, 2};
constexpr std::size_t kMarkEvery = 3;

class NoObserver final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry& /*entry*/) override {}
};

ledger::EntryDraft DraftOf(std::size_t n) {
  return {.type = "alert.raised",
          .by = "server:a",
          .subject = "agent:a" + std::to_string(n % 5),
          .members = "\"note\":\"" + std::string(n % 7 == 0 ? 6000 : 20 + n % 50, 'x') + "\""};
}

// What has been promised so far. Of the thread that appends, and of the hook that it
// calls.
struct Promises {
  // The bytes of entry 0, 1, 2 ...; empty for one whose commit failed and that was
  // found to be there later.
  std::vector<std::string> acknowledged;
  std::string trouble;  // of the committer, at the end
};

enum class Served {
  kNotOpened,
  kStopped,  // the last batch failed
  kWell,
};

// A moment at which the power may go.
struct Moment {
  std::size_t operation = 0;
  std::unique_ptr<SimulatedDisk> disk;
  std::size_t acknowledged = 0;
};

// Bugs to plant in the layers around the code under test.
struct Bugs {
  bool log_syncs_lie = false;  // as a disk that says "synced"
  bool synchronous_normal = false;
  bool acks_before_commit = false;
  bool mark_before_commit = false;
  bool mark_unsynced = false;
  bool forgives_errors = false;  // takes a failed commit for a good one
};

// Says OK to a batch before it stores it, with the next one.
class HastyStore final : public ledger::LedgerStore {
 public:
  explicit HastyStore(ledger::LedgerStore& store) : store_(store) {}

  StatusOr<Head> ReadHead() override { return store_.ReadHead(); }
  Status Append(const Head& expected, std::span<const StoredEntry> entries) override {
    Status stored = Flush();
    expected_ = expected;
    held_.assign(entries.begin(), entries.end());
    return stored;
  }
  StatusOr<std::vector<StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                          std::size_t max_bytes) override {
    return store_.Read(first, max_entries, max_bytes);
  }
  Status Flush() { return store_.Append(expected_, std::exchange(held_, {})); }

 private:
  ledger::LedgerStore& store_;
  Head expected_;
  std::vector<StoredEntry> held_;
};

// Takes every failed append for a good one.
class ForgivingStore final : public ledger::LedgerStore {
 public:
  explicit ForgivingStore(ledger::LedgerStore& store) : store_(store) {}

  StatusOr<Head> ReadHead() override { return store_.ReadHead(); }
  Status Append(const Head& expected, std::span<const StoredEntry> entries) override {
    (void)store_.Append(expected, entries);  // the bug
    return OkStatus();
  }
  StatusOr<std::vector<StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                          std::size_t max_bytes) override {
    return store_.Read(first, max_entries, max_bytes);
  }

 private:
  ledger::LedgerStore& store_;
};

// Writes the mark of a batch before the batch.
class MarkFirstStore final : public ledger::LedgerStore {
 public:
  MarkFirstStore(ledger::LedgerStore& store, std::function<void(const Head&)> mark)
      : store_(store), mark_(std::move(mark)) {}

  StatusOr<Head> ReadHead() override { return store_.ReadHead(); }
  Status Append(const Head& expected, std::span<const StoredEntry> entries) override {
    mark_({.size = expected.size + entries.size(), .last_leaf = entries.back().leaf});
    return store_.Append(expected, entries);
  }
  StatusOr<std::vector<StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                          std::size_t max_bytes) override {
    return store_.Read(first, max_entries, max_bytes);
  }

 private:
  ledger::LedgerStore& store_;
  const std::function<void(const Head&)> mark_;
};

// Appends the batches one after the other: each is queued by the last answer of the
// one before, on the committer's thread, so that every run is the same.
class Batches {
 public:
  Batches(ledger::Committer& committer, testing::FakeClock& clock, Promises& promises,
          std::function<void(std::size_t batch)> between)
      : committer_(committer), clock_(clock), promises_(promises), between_(std::move(between)) {}

  // The answers of the last batch were all OK.
  bool Run() {
    Submit(0);
    return over_.get_future().get();
  }

 private:
  void Submit(std::size_t batch) {
    clock_.Advance(1000);  // past the time in which a store in trouble is left alone
    left_ = kBatches.at(batch);
    good_ = true;
    for (std::size_t k = 0; k < kBatches.at(batch); ++k) {
      committer_.Submit(
          {.make = [n = next_++]() -> StatusOr<ledger::EntryDraft> { return DraftOf(n); },
           .done = [this, batch](const auto& answer) { Answered(batch, answer); },
           .deadline_millis = std::numeric_limits<std::int64_t>::max()});
    }
  }

  void Answered(std::size_t batch, const StatusOr<AppendResult>& answer) {
    if (answer.ok()) {
      promises_.acknowledged.resize(
          std::max<std::size_t>(promises_.acknowledged.size(), answer->index + 1));
      promises_.acknowledged[answer->index] = answer->entry;
    }
    good_ = good_ && answer.ok();
    if (--left_ != 0) return;
    between_(batch);
    if (batch + 1 < kBatches.size()) return Submit(batch + 1);
    over_.set_value(good_);
  }

  ledger::Committer& committer_;
  testing::FakeClock& clock_;
  Promises& promises_;
  const std::function<void(std::size_t)> between_;
  std::size_t next_ = 0;
  std::size_t left_ = 0;
  bool good_ = true;
  std::promise<bool> over_;
};

class PowerCutTest : public ::testing::Test {
 protected:
  PowerCutTest() {
    // The store looks at its files in the real directory too.
    for (const std::string& name : {path_, path_ + "-wal"}) std::ofstream(name).flush();
  }

  ledger::OpenPorts PortsOf(ledger::LedgerStore& store, ledger::MarkStore& marks) {
    return {store, marks, hasher_, clock_, random_};
  }
  static ledger::OpenSettings Settings() {
    return {.trust_domain = "example.org", .by = "server:a", .log_key = ledger::PublicKey{7}};
  }
  static std::vector<std::string> AllOf(ledger::LedgerStore& store) {
    std::vector<std::string> all;
    const auto entries = store.Read(0, 1000, 1U << 24U);
    EXPECT_THAT(entries, IsOk());
    if (!entries.ok()) return all;
    for (const StoredEntry& entry : *entries) all.push_back(entry.bytes);
    return all;
  }
  // A mark keeper that lives for a moment: it writes the mark if the ledger has moved.
  static void WriteMark(ledger::MarkStore& marks, const ledger::LogIdentity& identity,
                        const std::function<Head()>& head) {
    const ledger::MarkKeeper keeper(
        marks, identity, /*checkpoint=*/{}, [&head] { return ledger::Durable{.head = head()}; },
        std::chrono::hours(1));
  }

  // Opens the ledger on `disk` and appends all batches, as a server would.
  Served Serve(SimulatedDisk& disk, Promises& promises, const Bugs& bugs = {}) {
    const testing::SimulatedVfs vfs(disk);
    const testing::EarlyCheckpoints early(kCheckpointPages);
    if (bugs.log_syncs_lie) disk.LieAboutSyncsOf("-wal");
    testing::SimulatedMarkStore marks(disk, kMarkName);
    if (bugs.mark_unsynced) marks.SkipSync();
    const auto real = sqlite::LedgerStore::Open(path_);
    if (!real.ok()) return Served::kNotOpened;
    if (bugs.synchronous_normal) {
      sqlite3_exec(testing::EarlyCheckpoints::FirstConnection(), "PRAGMA synchronous = NORMAL",
                   nullptr, nullptr, nullptr);
    }
    StatusOr<ledger::OpenedLedger> opened =
        ledger::OpenLedger(PortsOf(**real, marks), Settings(), observer_);
    if (!opened.ok()) return Served::kNotOpened;
    // The first entry is as good as acknowledged: a mark and a checkpoint stand on it.
    promises.acknowledged = AllOf(**real);
    HastyStore hasty(**real);
    MarkFirstStore mark_first(**real, [&](const Head& head) {
      WriteMark(marks, opened->identity, [&head] { return head; });
    });
    ForgivingStore forgiving(**real);
    ledger::LedgerStore* store = real->get();
    if (bugs.acks_before_commit) store = &hasty;
    if (bugs.mark_before_commit) store = &mark_first;
    if (bugs.forgives_errors) store = &forgiving;
    return Append(*store, marks, *std::move(opened), promises) ? Served::kWell : Served::kStopped;
  }

  bool Append(ledger::LedgerStore& store, ledger::MarkStore& marks, ledger::OpenedLedger opened,
              Promises& promises) {
    const ledger::LogIdentity identity = opened.identity;
    ledger::Committer committer({store, hasher_, clock_, observer_}, std::move(opened.start));
    Batches batches(committer, clock_, promises, [&](std::size_t batch) {
      if (batch + 2 == kBatches.size() && before_last_batch_) before_last_batch_();
      if (batch % kMarkEvery != 0) return;
      WriteMark(marks, identity, [&committer] { return committer.Stats().head; });
    });
    const bool well = batches.Run();
    promises.trouble = committer.Stats().trouble;
    return well;
  }

  // All moments of one run, and what it had promised at its end.
  std::vector<Moment> Record(Promises& promises, const Bugs& bugs = {}) {
    SimulatedDisk disk;
    std::vector<Moment> moments;
    disk.SetHook([&](std::size_t number, DiskOp /*op*/, std::string_view /*name*/) {
      moments.push_back({number, disk.Copy(), promises.acknowledged.size()});
      return DiskFault::kNone;
    });
    EXPECT_EQ(Serve(disk, promises, bugs), Served::kWell);
    disk.SetHook({});
    moments.push_back({disk.operations(), disk.Copy(), promises.acknowledged.size()});
    return moments;
  }

  // Why a disk does not hold what was promised; empty if it does. `all` are the
  // entries of the run, or empty where they are not known; the first `acknowledged`
  // of them must be there, and more may be.
  std::string Broken(SimulatedDisk& disk, const std::vector<std::string>& all,
                     std::size_t acknowledged) {
    const Status log = CheckLog(disk);
    if (!log.ok()) return "the log: " + Message(log);
    const testing::SimulatedVfs vfs(disk);
    testing::SimulatedMarkStore marks(disk, kMarkName);
    const auto store = sqlite::LedgerStore::Open(path_);
    if (!store.ok()) return "opening the store: " + Message(store.status());
    const StatusOr<ledger::OpenedLedger> opened =
        ledger::OpenLedger(PortsOf(**store, marks), Settings(), observer_);
    if (!opened.ok()) return "opening the ledger: " + Message(opened.status());
    if (opened->created) return acknowledged == 0 ? "" : "the ledger is gone";
    const auto entries = (*store)->Read(0, 1000, 1U << 24U);
    if (!entries.ok()) return "reading: " + Message(entries.status());
    if (entries->size() < acknowledged) {
      return std::to_string(acknowledged) + " were acknowledged, " +
             std::to_string(entries->size()) + " are there";
    }
    for (std::size_t i = 0; i < std::min(entries->size(), all.size()); ++i) {
      if (!all[i].empty() && (*entries)[i].bytes != all[i]) {
        return "entry " + std::to_string(i) + " is another";
      }
    }
    if (whole_batches_ && !EndsABatch(entries->size())) {
      return "part of a batch is there";
    }
    const auto report = ledger::VerifyLedger(**store, hasher_, {.mark = *ReadMark(marks)});
    if (!report.ok()) return "verifying: " + Message(report.status());
    return report->ok() ? "" : "verifying: " + report->defect->sentence;
  }

  // The check of the log by itself, on real files.
  Status CheckLog(const SimulatedDisk& disk) const {
    const std::string real = directory_.File("copy.db");
    for (const char* suffix : {"", "-wal"}) {
      const auto file = disk.Find(path_ + suffix);
      std::ofstream(real + suffix, std::ios::binary)
          << (file == nullptr ? std::string() : file->now);
    }
    return sqlite::CheckWriteAheadLog(real);
  }

  static bool EndsABatch(std::size_t size) {
    std::size_t end = 1;  // entry 0
    for (const std::size_t batch : kBatches) {
      if (size <= end) return size == end;
      end += batch;
    }
    return size == end;
  }

  // The first cut at any moment that breaks a promise; empty if there is none.
  std::string FirstBroken(const std::vector<Moment>& moments, const Promises& promises,
                          std::size_t of_each_cut) {
    for (const Moment& moment : moments) {
      for (const Cut& cut : testing::AllCuts(moment.operation, of_each_cut)) {
        const auto disk = moment.disk->AfterPowerCut(cut);
        const std::string why = Broken(*disk, promises.acknowledged, moment.acknowledged);
        if (why.empty()) continue;
        return "operation " + std::to_string(moment.operation) + ", " + NameOf(cut) + ": " + why;
      }
    }
    return {};
  }

  void ExpectTheBugIsFound(const Bugs& bugs) {
    Promises promises;
    const std::vector<Moment> moments = Record(promises, bugs);
    EXPECT_NE(FirstBroken(moments, promises, 1), "");
  }

  // The process dies, `disk` stays up: another one reads what was never synced, and
  // builds on it. Then the power goes. What of the second one's view is lost?
  std::string BrokenAfterRestart(SimulatedDisk& disk, std::uint64_t seed) {
    std::vector<std::string> found;
    std::vector<std::unique_ptr<SimulatedDisk>> cut_disks;
    {
      const testing::SimulatedVfs vfs(disk);
      testing::SimulatedMarkStore marks(disk, kMarkName);
      const auto store = sqlite::LedgerStore::Open(path_);
      if (!store.ok()) return "opening the store again: " + Message(store.status());
      const auto opened = ledger::OpenLedger(PortsOf(**store, marks), Settings(), observer_);
      if (!opened.ok()) return "opening the ledger again: " + Message(opened.status());
      found = AllOf(**store);
      WriteMark(marks, opened->identity, [&] { return opened->start.head; });
      // The power goes while the store is open: closing it would sync.
      for (const Cut& cut : testing::AllCuts(seed, 1)) {
        cut_disks.push_back(disk.AfterPowerCut(cut));
      }
    }
    for (const auto& cut_disk : cut_disks) {
      std::string why = Broken(*cut_disk, found, found.size());
      if (!why.empty()) return why;
    }
    return {};
  }

  // A run that meets `fault` at operations `first` to `last`, and what it was at first.
  struct FaultyRun {
    std::unique_ptr<SimulatedDisk> disk = std::make_unique<SimulatedDisk>();
    Promises promises{};
    Served served = Served::kNotOpened;
    bool ledger_sync_failed = false;
  };
  FaultyRun RunWithFault(DiskFault fault, std::size_t first, std::size_t last, const Bugs& bugs) {
    FaultyRun run;
    run.disk->SetHook([&](std::size_t number, DiskOp op, std::string_view name) {
      if (number < first || number > last) return DiskFault::kNone;
      const bool sync = op == DiskOp::kSync || op == DiskOp::kSyncDirectory;
      // A disk that is full still syncs.
      if (sync && last > first) return DiskFault::kNone;
      run.ledger_sync_failed = sync && !name.starts_with(kMarkName);
      return fault;
    });
    // Faults are over before the last batch: that one must do.
    before_last_batch_ = [&run] { run.disk->SetHook({}); };
    run.served = Serve(*run.disk, run.promises, bugs);
    before_last_batch_ = nullptr;
    run.disk->SetHook({});
    return run;
  }

  // What such a run has lost, or did not survive; empty if nothing.
  std::string BrokenByFault(FaultyRun run, std::uint64_t seed) {
    const std::vector<std::string>& promised = run.promises.acknowledged;
    if (run.served == Served::kStopped && !run.ledger_sync_failed) {
      return "it did not heal: " + run.promises.trouble;
    }
    for (const Cut& cut : testing::AllCuts(seed, 1)) {
      const auto cut_disk = run.disk->AfterPowerCut(cut);
      std::string why = Broken(*cut_disk, promised, promised.size());
      if (!why.empty()) return NameOf(cut) + ": " + why;
    }
    std::string why = BrokenAfterRestart(*run.disk->Copy(), seed);
    if (!why.empty()) return why;
    return Broken(*run.disk, promised, promised.size());
  }

  std::string FirstBrokenByFaults(DiskFault fault, std::size_t length, const Bugs& bugs = {}) {
    SimulatedDisk disk;
    Promises promises;
    EXPECT_EQ(Serve(disk, promises), Served::kWell);
    const std::size_t step = testing::LongRun() ? 1 : 3;
    for (std::size_t n = 1; n <= disk.operations(); n += step) {
      whole_batches_ = false;
      const std::string why = BrokenByFault(RunWithFault(fault, n, n + length - 1, bugs), n);
      if (!why.empty()) return "a fault at operation " + std::to_string(n) + ": " + why;
    }
    return {};
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.File(sqlite::kLedgerFile);
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  NoObserver observer_;
  std::function<void()> before_last_batch_;
  bool whole_batches_ = true;  // the ledger ends where a batch of the run does
};

TEST_F(PowerCutTest, AtEveryOperationKeepsWhatWasAcknowledged) {
  Promises promises;
  const std::vector<Moment> moments = Record(promises);
  ASSERT_GT(moments.size(), 150U);  // checkpoints are among them
  EXPECT_EQ(FirstBroken(moments, promises, testing::LongRun() ? 40 : 1), "");
}

TEST_F(PowerCutTest, FindsADiskThatLiesAboutSyncs) { ExpectTheBugIsFound({.log_syncs_lie = true}); }
TEST_F(PowerCutTest, FindsSynchronousNormal) { ExpectTheBugIsFound({.synchronous_normal = true}); }
TEST_F(PowerCutTest, FindsAnAnswerBeforeTheCommit) {
  ExpectTheBugIsFound({.acks_before_commit = true});
}
TEST_F(PowerCutTest, FindsAMarkBeforeTheCommit) {
  ExpectTheBugIsFound({.mark_before_commit = true});
}
TEST_F(PowerCutTest, FindsAMarkThatWasNotSynced) { ExpectTheBugIsFound({.mark_unsynced = true}); }

TEST_F(PowerCutTest, AfterARestartKeepsWhatTheNewProcessFound) {
  Promises promises;
  const std::vector<Moment> moments = Record(promises);
  const std::size_t step = testing::LongRun() ? 1 : 3;
  for (std::size_t k = 0; k < moments.size(); k += step) {
    ASSERT_EQ(BrokenAfterRestart(*moments[k].disk->Copy(), k), "")
        << "operation " << moments[k].operation;
  }
}

TEST_F(PowerCutTest, AnIoErrorAnywhereLosesNothing) {
  EXPECT_EQ(FirstBrokenByFaults(DiskFault::kIo, 1), "");
}
TEST_F(PowerCutTest, AFullDiskAnywhereLosesNothingAndHeals) {
  EXPECT_EQ(FirstBrokenByFaults(DiskFault::kFull, 1), "");
}
TEST_F(PowerCutTest, ADiskThatStaysFullForAWhileLosesNothingAndHeals) {
  EXPECT_EQ(FirstBrokenByFaults(DiskFault::kFull, 12), "");
}
TEST_F(PowerCutTest, FindsAnErrorThatIsTakenForAnAnswer) {
  EXPECT_NE(FirstBrokenByFaults(DiskFault::kIo, 1, {.forgives_errors = true}), "");
}

}  // namespace
}  // namespace svidence
