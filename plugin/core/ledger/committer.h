// The one thread that appends: group commit, in order, durable before any answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/chain_writer.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

struct AppendResult {
  EntryIndex index = 0;
  std::string entry;  // the exact bytes
  Digest leaf{};
  // A c2sp.org/tlog-proof@v1 text, under a checkpoint that is signed and durable.
  std::string proof{};  // empty unless it was asked for
};

// What an answer must have besides the entry.
enum class ProofWish {
  kNone,
  kOptional,  // a proof, if one can be made in time
  kRequired,  // the answer is Unavailable if none can be made, though the entry is there
};

struct AppendRequest {
  // Makes the entry at the moment its index is assigned, on the committer's
  // thread: the last gate, so that no issuance can follow a revocation. An
  // error ends the request and nothing is appended. Must not block or throw.
  std::function<StatusOr<EntryDraft>()> make;
  // Called exactly once, on the committer's thread (or in Submit when refused
  // at once). Must not block or throw.
  std::function<void(const StatusOr<AppendResult>&)> done;
  // Clock::MonotonicMillis() after which the answer is DeadlineExceeded. A
  // request whose commit is already under way is still kept.
  std::int64_t deadline_millis = 0;
  bool urgent = false;  // revocations go first
  // ProofWish::kRequired.
  bool wants_proof = false;
  // With wants_proof: ProofWish::kOptional.
  bool proof_optional = false;
  // The entry is the last of its batch: gates that run after it see it committed
  // and folded. For entries that gates look at: registrations, revocations.
  bool ends_batch = false;
};

struct CommitterLimits {
  std::size_t max_queue = 4096;
  std::size_t max_batch_entries = 2048;
  std::size_t max_batch_bytes = std::size_t{1024} * 1024;
};

// Told of every entry after it is durable and before its request is answered,
// in order, on the committer's thread.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void OnCommitted(const Entry& entry) = 0;
};

struct CommitterStats {
  std::uint64_t entries = 0;
  std::uint64_t batches = 0;
  std::uint64_t refused = 0;  // queue full, deadline, gate
  std::size_t queued = 0;
  Head head;
  std::string trouble;  // why appends fail now; empty if they do not
  // The newest signed note; empty before the first, and without a signer.
  std::string checkpoint;
  std::string unsigned_why;  // why the newest one could not be signed; empty if it was
};

class Committer {
 public:
  // The ports must outlive this object.
  struct Ports {
    LedgerStore& store;
    const Hasher& hasher;
    const Clock& clock;
    CommitObserver& observer;
    // Signs a checkpoint for each batch. Null: there are none, and no proofs. While
    // one that may wait is asked, only urgent requests are committed.
    const CheckpointSigner* log = nullptr;
  };

  Committer(Ports ports, ChainWriter::Start start, CommitterLimits limits = {});
  // Answers what is queued with Unavailable, then joins the thread.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Thread-safe; does not block. Refuses at once, through `done`, with
  // ResourceExhausted if the queue is full.
  void Submit(AppendRequest request);

  CommitterStats Stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace svidence::ledger
