// A server's ledger without the server, to be killed and starved by tests.
//
// Usage: ledger_driver DIR ENTRIES BATCH [--wait] [--ack-early]
//
// Opens the ledger in DIR as svidence-server does and appends ENTRIES entries, BATCH at
// a time, with a mark after every fourth batch. Each line that it writes is a promise:
//   open N          the ledger is open and has N entries
//   ack I LEAF      entry I, with this leaf hash, is durable
//   error TEXT      a batch was refused; it goes on with the next
//   end             all were answered
// --wait waits for a line on stdin after "open". --ack-early is the bug that tests must
// find: it acknowledges an entry before it is stored.
// Exit status: 0; 3 if the ledger was refused ("refused TEXT"); 4 after a failed sync.
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

#include <unistd.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/mark_keeper.h"
#include "plugin/core/ledger/open.h"
#include "tests/support/simulated_disk/vfs.h"

namespace svidence {
namespace {

constexpr int kRefused = 3;
constexpr int kSyncFailed = 4;
constexpr int kCheckpointPages = 20;
constexpr std::int64_t kLockWaitMillis = 5000;
constexpr std::size_t kMarkEvery = 4;

// One write(2) a line: what a killed process has said is whole.
void Say(const std::string& text) {
  const std::string line = text + '\n';
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(1);
}

class NoObserver final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry& /*entry*/) override {}
};

struct Options {
  std::string dir;
  std::size_t entries = 0;
  std::size_t batch = 1;
  bool wait = false;
  bool ack_early = false;
};

// Submits `count` requests and waits for their answers.
class Batch {
 public:
  Batch(ledger::Committer& committer, const Options& options)
      : committer_(committer), options_(options) {}

  void Append(std::size_t count) {
    left_ = count;
    for (std::size_t k = 0; k < count; ++k) {
      committer_.Submit({.make = [this] { return Draft(); },
                         .done = [this](const auto& answer) { Answered(answer); },
                         .deadline_millis = std::numeric_limits<std::int64_t>::max(),
                         .urgent = true});
    }
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  StatusOr<ledger::EntryDraft> Draft() {
    ++made_;
    if (options_.ack_early) {
      Say("ack " + std::to_string(committer_.Stats().head.size) + " unknown");
    }
    return ledger::EntryDraft{
        .type = "alert.raised",
        .by = "server:a",
        .subject = "agent:a" + std::to_string(made_ % 7),
        .members = "\"note\":\"" + std::string(made_ % 11 == 0 ? 9000 : 150, 'x') + "\""};
  }

  void Answered(const StatusOr<ledger::AppendResult>& answer) {
    if (!answer.ok()) {
      Say("error " + Message(answer.status()));
    } else if (!options_.ack_early) {
      Say("ack " + std::to_string(answer->index) + ' ' + DigestText(answer->leaf));
    }
    const std::lock_guard lock(mutex_);
    --left_;
    answered_.notify_all();
  }

  ledger::Committer& committer_;
  const Options& options_;
  std::size_t made_ = 0;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::size_t left_ = 0;
};

Status Run(const Options& options) {
  const testing::EarlyCheckpoints early(kCheckpointPages);
  SVIDENCE_ASSIGN_OR_RETURN(const linux_os::DirLock lock,
                            linux_os::DirLock::Acquire(options.dir, kLockWaitMillis));
  const std::string mark_dir = options.dir + "/mark";
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(mark_dir));
  linux_os::MarkFile marks(mark_dir + "/high-water-mark");
  SVIDENCE_ASSIGN_OR_RETURN(const openssl::OpenSslHasher hasher, openssl::OpenSslHasher::Create());
  const linux_os::SystemClock clock;
  linux_os::SystemRandom random;
  NoObserver observer;
  SVIDENCE_ASSIGN_OR_RETURN(const auto store,
                            sqlite::LedgerStore::Open(options.dir + '/' + sqlite::kLedgerFile,
                                                      [] { _exit(kSyncFailed); }));
  SVIDENCE_ASSIGN_OR_RETURN(
      ledger::OpenedLedger opened,
      ledger::OpenLedger(
          {*store, marks, hasher, clock, random},
          {.trust_domain = "example.org", .by = "server:a", .log_key = ledger::PublicKey{7}},
          observer));
  const ledger::LogIdentity identity = opened.identity;
  Say("open " + std::to_string(opened.start.head.size));
  char unused = 0;
  if (options.wait && read(STDIN_FILENO, &unused, 1) != 1) return OkStatus();

  ledger::Committer committer({*store, hasher, clock, observer}, std::move(opened.start));
  Batch batch(committer, options);
  const auto write_mark = [&] {
    const ledger::MarkKeeper keeper(
        marks, identity, /*checkpoint=*/{},
        [&committer] { return ledger::Durable{.head = committer.Stats().head}; },
        std::chrono::hours(1));
  };
  for (std::size_t done = 0; done < options.entries; done += options.batch) {
    batch.Append(options.batch);
    if (done / options.batch % kMarkEvery == 0) write_mark();
  }
  write_mark();
  Say("end");
  return OkStatus();
}

}  // namespace
}  // namespace svidence

int main(int argc, char** argv) {
  svidence::Options options;
  if (argc < 4) return 2;
  options.dir = argv[1];
  options.entries = std::strtoul(argv[2], nullptr, 10);
  options.batch = std::strtoul(argv[3], nullptr, 10);
  for (int k = 4; k < argc; ++k) {
    options.wait = options.wait || std::string_view(argv[k]) == "--wait";
    options.ack_early = options.ack_early || std::string_view(argv[k]) == "--ack-early";
  }
  const svidence::Status status = svidence::Run(options);
  if (status.ok()) return 0;
  svidence::Say("refused " + svidence::Message(status));
  return svidence::kRefused;
}
