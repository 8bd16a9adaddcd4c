// Seals batches on a thread of its own, where the log's key is outside this process:
// a key that does not answer must not keep the next commit from being made.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/committer.h"

namespace svidence::ledger {

// A request whose entry is durable, or under way.
struct InFlight {
  std::function<void(const StatusOr<AppendResult>&)> done;  // empty: it has its answer
  std::int64_t deadline_millis = 0;
  ProofWish proof = ProofWish::kNone;
};

// The answer for the batch's entry `offset`, whose stored form is moved from. Without
// a seal the ledger signs nothing.
// Errors: Unavailable if a proof that is required cannot be made.
StatusOr<AppendResult> SealedAnswer(const BatchSeal* seal, ProofWish wish, EntryIndex first,
                                    std::size_t offset, StoredEntry& stored);

// A durable batch, and who waits for its proofs: one element an entry each.
struct SealJob {
  BatchProver prover;
  std::vector<StoredEntry> stored;
  std::vector<InFlight> waiting;
};

class Sealer {
 public:
  // Called on the sealer's thread without its lock.
  struct Hooks {
    std::function<void(const StatusOr<std::string>& checkpoint)> sealed;
    std::function<void()> idle;  // no job is left
  };

  // `log` must outlive this object, and so must what the hooks use.
  Sealer(const CheckpointSigner& log, Hooks hooks) : log_(log), hooks_(std::move(hooks)) {}
  // Waits for the signature under way; answers who still waits with Unavailable.
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // Thread-safe, and does not block. Jobs are sealed in order; one that nobody waits
  // for is left out if there is a later one, whose checkpoint covers it.
  void Push(SealJob job);
  // Is a batch being sealed, or waiting for it? Thread-safe.
  bool busy() const;
  // Takes out whoever has waited past his deadline, with the answer for him.
  struct Late {
    std::function<void(const StatusOr<AppendResult>&)> done;
    Status answer;
  };
  std::vector<Late> TakeExpired(std::int64_t now_millis);

 private:
  void Run();
  void AnswerAll(SealJob job, const BatchSeal& seal);

  const CheckpointSigner& log_;
  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<SealJob> jobs_;  // the first one is under way
  bool stopping_ = false;
  std::thread thread_;  // started by the first job
};

}  // namespace svidence::ledger
