#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/open.h"
#include "tests/bench/loads.h"

namespace svidence::bench {
namespace {

using Clock = std::chrono::steady_clock;

double MicrosSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

class NoObserver final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry&) override {}
};

// A new log in a directory, opened as the server opens one.
struct Log {
  openssl::OpenSslHasher hasher;
  linux_os::SystemClock clock{};
  linux_os::SystemRandom random{};
  NoObserver observer{};
  std::unique_ptr<sqlite::LedgerStore> store{};
  std::optional<openssl::Ed25519Key> key{};
  std::optional<openssl::Ed25519NoteSigner> signer{};
  ledger::ChainWriter::Start start{};
};

StatusOr<std::unique_ptr<Log>> OpenLog(const std::string& directory) {
  SVIDENCE_ASSIGN_OR_RETURN(openssl::OpenSslHasher hasher, openssl::OpenSslHasher::Create());
  auto log = std::unique_ptr<Log>(new Log{.hasher = std::move(hasher)});
  SVIDENCE_ASSIGN_OR_RETURN(log->store,
                            sqlite::LedgerStore::Open(directory + "/" + sqlite::kLedgerFile));
  SVIDENCE_ASSIGN_OR_RETURN(log->key, openssl::Ed25519Key::Generate());
  linux_os::MarkFile mark(directory + "/mark");
  SVIDENCE_ASSIGN_OR_RETURN(
      ledger::OpenedLedger opened,
      ledger::OpenLedger(
          {*log->store, mark, log->hasher, log->clock, log->random},
          {.trust_domain = "example.org", .by = "server:a", .log_key = log->key->public_key()},
          log->observer));
  SVIDENCE_ASSIGN_OR_RETURN(
      log->signer, openssl::Ed25519NoteSigner::Create(
                       log->hasher, *log->key, opened.identity.origin, ledger::KeyType::kEd25519));
  log->start = std::move(opened.start);
  return log;
}

// One batch; `with_proofs`: seals it and makes each entry's proof.
Status AppendBatch(Log& log, ledger::ChainWriter& chain, const Load& load, std::size_t first,
                   bool with_proofs) {
  chain.Begin();
  const std::size_t end = std::min(first + load.batch, load.entries);
  for (std::size_t number = first; number < end; ++number) {
    SVIDENCE_RETURN_IF_ERROR(chain.Add(DraftOf(log.hasher, load, number), log.clock.UnixMillis()));
  }
  SVIDENCE_RETURN_IF_ERROR(log.store->Append(chain.head(), chain.entries()));
  ledger::ChainWriter::Adopted adopted = chain.Adopt();
  if (!with_proofs) return OkStatus();
  const ledger::BatchSeal seal(std::move(adopted.prover), *log.signer);
  for (std::size_t offset = 0; offset < end - first; ++offset) {
    SVIDENCE_RETURN_IF_ERROR(seal.ProofOf(offset).status());
  }
  return OkStatus();
}

StatusOr<Figures> Append(const Load& load, bool with_proofs) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<Log> log, OpenLog(load.directory));
  ledger::ChainWriter chain(log->hasher, std::move(log->start));
  std::vector<double> micros;
  const Clock::time_point begin = Clock::now();
  for (std::size_t first = 0; first < load.entries; first += load.batch) {
    const Clock::time_point batch = Clock::now();
    SVIDENCE_RETURN_IF_ERROR(AppendBatch(*log, chain, load, first, with_proofs));
    micros.push_back(MicrosSince(batch));
  }
  Figures figures = FiguresOf(micros, load.entries, MicrosSince(begin) / 1e6);
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, log->store->ReadHead());
  if (head.size != load.entries + 1) return Internal("the log has not got what was appended");
  figures.bytes = log->store->FileBytes();
  return figures;
}

// Waits for one answer.
class Answer {
 public:
  void Set(Status status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    changed_.notify_one();
  }
  Status Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return status_.has_value(); });
    return *std::exchange(status_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Status> status_;
};

// One caller's requests, one after the other.
Status Call(Log& log, ledger::Committer& committer, const Load& load, std::size_t caller,
            std::vector<double>& micros) {
  constexpr std::int64_t kPatienceMillis = 60'000;
  Answer answer;
  for (std::size_t number = caller; number < load.entries; number += load.batch) {
    const Clock::time_point begin = Clock::now();
    committer.Submit(
        {.make = [&, number] { return DraftOf(log.hasher, load, number); },
         .done = [&answer](
                     const StatusOr<ledger::AppendResult>& result) { answer.Set(result.status()); },
         .deadline_millis = log.clock.MonotonicMillis() + kPatienceMillis,
         .wants_proof = true});
    SVIDENCE_RETURN_IF_ERROR(answer.Await());
    micros.push_back(MicrosSince(begin));
  }
  return OkStatus();
}

}  // namespace

StatusOr<Figures> AppendInBatches(const Load& load) { return Append(load, true); }

StatusOr<Figures> Fill(const Load& load) { return Append(load, false); }

StatusOr<Figures> AppendFromCallers(const Load& load) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<Log> log, OpenLog(load.directory));
  ledger::Committer committer({*log->store, log->hasher, log->clock, log->observer, &*log->signer},
                              std::move(log->start));
  std::vector<std::vector<double>> micros(load.batch);
  std::vector<Status> statuses(load.batch);
  const Clock::time_point begin = Clock::now();
  {
    std::vector<std::jthread> callers;
    for (std::size_t caller = 0; caller < load.batch; ++caller) {
      callers.emplace_back(
          [&, caller] { statuses[caller] = Call(*log, committer, load, caller, micros[caller]); });
    }
  }
  const double seconds = MicrosSince(begin) / 1e6;
  std::vector<double> all;
  for (std::size_t caller = 0; caller < load.batch; ++caller) {
    SVIDENCE_RETURN_IF_ERROR(statuses[caller]);
    all.insert(all.end(), micros[caller].begin(), micros[caller].end());
  }
  return FiguresOf(all, load.entries, seconds);
}

}  // namespace svidence::bench
