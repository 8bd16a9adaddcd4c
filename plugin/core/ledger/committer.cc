#include "plugin/core/ledger/committer.h"

#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "plugin/core/ledger/append_queue.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/sealer.h"

namespace svidence::ledger {
namespace {

// How often a store in trouble is tried again; in between, requests that are not
// urgent are refused without touching it.
constexpr std::int64_t kProbeMillis = 500;
// How often deadlines of waiting requests are looked at.
constexpr std::chrono::milliseconds kDeadlineTick{100};

using Done = std::function<void(const StatusOr<AppendResult>&)>;

ProofWish WishOf(const AppendRequest& request) {
  if (!request.wants_proof) return ProofWish::kNone;
  return request.proof_optional ? ProofWish::kOptional : ProofWish::kRequired;
}

Status Expired() { return DeadlineExceeded("the ledger did not commit before the deadline"); }

}  // namespace

class Committer::Impl {
 public:
  Impl(Ports ports, ChainWriter::Start start, CommitterLimits limits)
      : ports_(ports),
        limits_(limits),
        chain_(ports.hasher, std::move(start)),
        queue_(limits.max_queue) {
    stats_.head = chain_.head();
    if (ports_.log != nullptr && chain_.tree().size() > 0) {
      NoteCheckpoint(ports_.log->SignTree(chain_.tree().size(), chain_.tree().Root(ports.hasher)));
    }
    if (ports_.log != nullptr) sealer_.emplace(*ports_.log, SealerHooks());
    committing_ = std::thread([this] { Commit(); });
    expiring_ = std::thread([this] { Expire(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    tick_.notify_all();
    committing_.join();
    expiring_.join();
    sealer_.reset();
    for (const AppendRequest& request : queue_.Take(queue_.size())) {
      request.done(Unavailable("the ledger is being closed"));
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Submit(AppendRequest request) {
    Status refusal;
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      refusal = Refusal(request.urgent);
      if (refusal.ok()) {
        queue_.Push(std::move(request));
        wake = idle_ && HasWork();
        if (wake) idle_ = false;
      } else {
        ++stats_.refused;
      }
    }
    if (!refusal.ok()) return request.done(refusal);
    if (wake) work_.notify_one();
  }

  CommitterStats Stats() const {
    const std::lock_guard lock(mutex_);
    CommitterStats stats = stats_;
    stats.queued = queue_.size();
    stats.trouble = Message(trouble_);
    return stats;
  }

 private:
  // Why a request is refused before it is queued. Needs the lock.
  Status Refusal(bool urgent) const {
    if (stopping_) return Unavailable("the ledger is being closed");
    if (stopped_) return trouble_;
    const bool probing = trouble_.ok() || ports_.clock.MonotonicMillis() >= probe_at_;
    if (!probing && !urgent) return trouble_;
    if (queue_.HasRoom(urgent)) return OkStatus();
    return ResourceExhausted("the ledger's queue must hold at most " +
                             std::to_string(limits_.max_queue) + " requests, it is full");
  }

  // Is there anything that may be committed now? Needs the lock.
  bool HasWork() const {
    return sealer_ && sealer_->busy() ? queue_.has_urgent() : !queue_.empty();
  }

  Sealer::Hooks SealerHooks() {
    return {.sealed =
                [this](const StatusOr<std::string>& checkpoint) {
                  const std::lock_guard lock(mutex_);
                  NoteCheckpoint(checkpoint);
                },
            .idle =
                [this] {
                  // Whoever looked before is asleep by now, and hears it.
                  { const std::lock_guard lock(mutex_); }
                  work_.notify_one();
                }};
  }

  // The committer's thread.
  void Commit() {
    while (true) {
      std::vector<AppendRequest> requests;
      Status stopped;
      {
        std::unique_lock lock(mutex_);
        idle_ = !HasWork();
        work_.wait(lock, [this] {
          if (stopping_ || HasWork()) return true;
          idle_ = true;
          return false;
        });
        idle_ = false;
        if (stopping_) return;
        requests = sealer_ && sealer_->busy() ? queue_.TakeUrgent(limits_.max_batch_entries)
                                              : queue_.Take(limits_.max_batch_entries);
        if (requests.empty()) continue;
        if (stopped_) stopped = trouble_;
      }
      if (stopped.ok()) stopped = ResolveLimbo().status();
      if (stopped.ok()) {
        CommitBatch(std::move(requests));
      } else {
        AnswerAll(requests, stopped);
      }
    }
  }

  void CommitBatch(std::vector<AppendRequest> requests) {
    chain_.Begin();
    std::vector<InFlight> accepted;
    std::size_t taken = 0;
    for (bool ended = false; taken < requests.size() && !ended; ++taken) {
      AppendRequest& request = requests[taken];
      if (chain_.bytes() >= limits_.max_batch_bytes) break;
      const Status added = Place(request);
      if (!added.ok()) {
        Refuse(request, added);
        continue;
      }
      ended = request.ends_batch;
      accepted.push_back({std::move(request.done), request.deadline_millis, WishOf(request)});
    }
    requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(taken));
    const bool empty = accepted.empty();
    {
      const std::lock_guard lock(mutex_);
      queue_.PutBack(std::move(requests));
      in_flight_ = std::move(accepted);
    }
    if (!empty) Store();
  }

  Status Place(const AppendRequest& request) {
    if (ports_.clock.MonotonicMillis() >= request.deadline_millis) return Expired();
    SVIDENCE_ASSIGN_OR_RETURN(EntryDraft draft, request.make());
    return chain_.Add(std::move(draft), ports_.clock.UnixMillis());
  }

  void Store() {
    const Status status = ports_.store.Append(chain_.head(), chain_.entries());
    if (status.ok()) return Succeeded();
    if (status.code() != StatusCode::kUnavailable) {
      chain_.Discard();
      return Failed(status);
    }
    in_limbo_ = true;
    const StatusOr<bool> counted = ResolveLimbo();
    if (!counted.ok()) return Failed(counted.status());
    if (!*counted) Failed(status);
  }

  // After a commit whose outcome is not known: is the batch there? If so it
  // counts (true), else it is dropped.
  // Errors: the outcome is still not known; or FailedPrecondition, as Append.
  StatusOr<bool> ResolveLimbo() {
    if (!in_limbo_) return false;
    const StatusOr<Head> now = ports_.store.ReadHead();
    if (!now.ok()) return Annotate(now.status(), "reading the ledger's end after a failed commit");
    if (*now != chain_.head() && *now != chain_.next_head()) {
      return FailedPrecondition(
          "the ledger ends where this server did not leave it: another writer is at work on it");
    }
    in_limbo_ = false;
    if (*now == chain_.next_head()) {
      Succeeded();
      return true;
    }
    chain_.Discard();
    return false;
  }

  void Succeeded() {
    const EntryIndex first = chain_.head().size;
    ChainWriter::Adopted adopted = chain_.Adopt();
    for (const Entry& entry : adopted.entries) ports_.observer.OnCommitted(entry);
    const bool elsewhere = ports_.log != nullptr && ports_.log->may_wait();
    std::optional<BatchSeal> seal;
    if (ports_.log != nullptr && !elsewhere) seal.emplace(adopted.prover, *ports_.log);
    std::vector<InFlight> answered;
    {
      const std::lock_guard lock(mutex_);
      answered = std::exchange(in_flight_, {});
      trouble_ = OkStatus();
      stats_.entries += adopted.stored.size();
      ++stats_.batches;
      stats_.head = chain_.head();
      if (seal) NoteCheckpoint(seal->checkpoint());
    }
    // None, if the batch had failed its callers before its outcome was known.
    for (std::size_t k = 0; k < answered.size(); ++k) {
      if (!answered[k].done) continue;
      if (elsewhere && answered[k].proof != ProofWish::kNone) continue;
      const Done done = std::exchange(answered[k].done, nullptr);
      done(SealedAnswer(seal ? &*seal : nullptr, answered[k].proof, first, k, adopted.stored[k]));
    }
    if (!elsewhere) return;
    sealer_->Push({.prover = std::move(adopted.prover),
                   .stored = {std::make_move_iterator(adopted.stored.begin()),
                              std::make_move_iterator(adopted.stored.end())},
                   .waiting = std::move(answered)});
  }

  // Needs the lock, but in the constructor.
  void NoteCheckpoint(const StatusOr<std::string>& checkpoint) {
    if (checkpoint.ok()) stats_.checkpoint = *checkpoint;
    stats_.unsigned_why = Message(checkpoint.status());
  }

  void Failed(const Status& status) {
    std::vector<InFlight> answered;
    {
      const std::lock_guard lock(mutex_);
      answered = std::exchange(in_flight_, {});
      trouble_ = status;
      probe_at_ = ports_.clock.MonotonicMillis() + kProbeMillis;
      stopped_ = status.code() != StatusCode::kResourceExhausted &&
                 status.code() != StatusCode::kUnavailable;
      stats_.refused += answered.size();
    }
    for (const InFlight& request : answered) {
      if (request.done) request.done(status);
    }
  }

  void Refuse(const AppendRequest& request, const Status& status) {
    {
      const std::lock_guard lock(mutex_);
      ++stats_.refused;
    }
    request.done(status);
  }

  void AnswerAll(const std::vector<AppendRequest>& requests, const Status& status) {
    Failed(status);
    for (const AppendRequest& request : requests) Refuse(request, status);
  }

  // A thread of its own, so that a disk that hangs cannot keep callers past
  // their deadline: neither those that wait nor those whose commit hangs.
  void Expire() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      tick_.wait_for(lock, kDeadlineTick, [this] { return stopping_; });
      const std::int64_t now = ports_.clock.MonotonicMillis();
      std::vector<Done> late;
      for (AppendRequest& request : queue_.TakeExpired(now)) {
        late.push_back(std::move(request.done));
      }
      for (InFlight& request : in_flight_) {
        if (request.done && request.deadline_millis <= now) {
          late.push_back(std::exchange(request.done, nullptr));
        }
      }
      std::vector<Sealer::Late> unsealed;
      if (sealer_) unsealed = sealer_->TakeExpired(now);
      if (late.empty() && unsealed.empty()) continue;
      stats_.refused += late.size() + unsealed.size();
      lock.unlock();
      for (const Done& done : late) done(Expired());
      for (const Sealer::Late& one : unsealed) one.done(one.answer);
      lock.lock();
    }
  }

  const Ports ports_;
  const CommitterLimits limits_;

  // Of the committer's thread alone.
  ChainWriter chain_;
  bool in_limbo_ = false;  // the chain's batch is stored or not: nobody knows yet

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable tick_;
  AppendQueue queue_;
  std::vector<InFlight> in_flight_;
  CommitterStats stats_;
  Status trouble_;  // why the last batch failed
  std::int64_t probe_at_ = 0;
  bool stopped_ = false;  // for good
  bool stopping_ = false;
  bool idle_ = false;             // the committer's thread waits for work
  std::optional<Sealer> sealer_;  // where there is a signer
  std::thread committing_;
  std::thread expiring_;
};

Committer::Committer(Ports ports, ChainWriter::Start start, CommitterLimits limits)
    : impl_(std::make_unique<Impl>(ports, std::move(start), limits)) {}

Committer::~Committer() = default;

void Committer::Submit(AppendRequest request) { impl_->Submit(std::move(request)); }

CommitterStats Committer::Stats() const { return impl_->Stats(); }

}  // namespace svidence::ledger
