#include "plugin/core/ledger/sealer.h"

#include <algorithm>
#include <utility>

namespace svidence::ledger {
namespace {

bool SomebodyWaits(const SealJob& job) {
  return std::any_of(job.waiting.begin(), job.waiting.end(),
                     [](const InFlight& request) { return static_cast<bool>(request.done); });
}

Status StillUnsigned(EntryIndex index, std::string_view why) {
  return Unavailable("entry " + std::to_string(index) + " is in the ledger, but " +
                     std::string(why));
}

}  // namespace

StatusOr<AppendResult> SealedAnswer(const BatchSeal* seal, ProofWish wish, EntryIndex first,
                                    std::size_t offset, StoredEntry& stored) {
  AppendResult result{
      .index = first + offset, .entry = std::move(stored.bytes), .leaf = stored.leaf};
  if (wish == ProofWish::kNone) return result;
  StatusOr<std::string> proof =
      seal != nullptr ? seal->ProofOf(offset)
                      : Unavailable("this ledger signs no checkpoints, so it can prove no entry");
  if (proof.ok()) {
    result.proof = *std::move(proof);
  } else if (wish == ProofWish::kRequired) {
    return proof.status();
  }
  return result;
}

Sealer::~Sealer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (SealJob& job : jobs_) {
    for (std::size_t k = 0; k < job.waiting.size(); ++k) {
      if (!job.waiting[k].done) continue;
      job.waiting[k].done(StillUnsigned(job.prover.first() + k, "the ledger is being closed"));
    }
  }
}

void Sealer::Push(SealJob job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  }
  work_.notify_one();
}

bool Sealer::busy() const {
  const std::lock_guard lock(mutex_);
  return !jobs_.empty();
}

std::vector<Sealer::Late> Sealer::TakeExpired(std::int64_t now_millis) {
  const std::lock_guard lock(mutex_);
  std::vector<Late> late;
  for (SealJob& job : jobs_) {
    for (std::size_t k = 0; k < job.waiting.size(); ++k) {
      InFlight& request = job.waiting[k];
      if (!request.done || request.deadline_millis > now_millis) continue;
      late.push_back({std::exchange(request.done, nullptr),
                      StillUnsigned(job.prover.first() + k,
                                    "its checkpoint was not signed before the deadline")});
    }
  }
  return late;
}

void Sealer::AnswerAll(SealJob job, const BatchSeal& seal) {
  for (std::size_t k = 0; k < job.waiting.size(); ++k) {
    if (!job.waiting[k].done) continue;
    job.waiting[k].done(
        SealedAnswer(&seal, job.waiting[k].proof, job.prover.first(), k, job.stored[k]));
  }
}

void Sealer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    std::optional<BatchSeal> seal;
    if (jobs_.size() == 1 || SomebodyWaits(jobs_.front())) {
      // The job stays in its place, so that who waits in it can run out of time.
      const BatchProver prover = jobs_.front().prover;
      lock.unlock();
      seal.emplace(prover, log_);
      hooks_.sealed(seal->checkpoint());
      lock.lock();
    }
    SealJob job = std::move(jobs_.front());
    jobs_.pop_front();
    const bool is_idle = jobs_.empty();
    lock.unlock();
    if (seal) AnswerAll(std::move(job), *seal);
    if (is_idle) hooks_.idle();
    lock.lock();
  }
}

}  // namespace svidence::ledger
