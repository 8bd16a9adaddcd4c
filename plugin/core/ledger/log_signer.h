// Signs the log's checkpoints with the key that is its own at each size, over a change
// of keys too.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/note/ports.h"

namespace svidence::ledger {

// A key with which this server can sign.
struct OwnKey {
  Vkey vkey;
  std::shared_ptr<const NoteSigner> signer;
};

// Thread-safe. To be told of each committed entry before its batch is signed, as a
// Committer does with its observer.
class LogSigner final : public CheckpointSigner, public CommitObserver {
 public:
  // The ports must outlive this object. `current` must be the schedule's current key.
  LogSigner(const Hasher& hasher, const Ed25519Verifier& verifier, KeySchedule schedule,
            OwnKey current)
      : hasher_(hasher),
        verifier_(verifier),
        schedule_(std::move(schedule)),
        current_(std::move(current)) {}

  // A key that signs on from the `key.changed` that names it, if one is committed. The
  // last kMaxPrepared that were given are kept: whether an append that was not answered
  // is in the ledger may show later.
  static constexpr std::size_t kMaxPrepared = 8;
  void Prepare(OwnKey next);

  // Errors: also PermissionDenied if `change`, which is not committed yet, would be
  //         no good change of the current key.
  Status CheckChange(const EntryDraft& change) const;

  void OnCommitted(const Entry& entry) override;

  // At the size at which a key was changed, by both keys; by the new one alone if
  // the old one cannot be reached any more: the entry holds its signature already.
  // Errors: those of SignCheckpoint; FailedPrecondition if the log's key was
  //         changed to one that is not here.
  StatusOr<std::string> SignTree(std::uint64_t size, const Digest& root) const override;
  // By the key that signs now. Errors: as SignTree.
  StatusOr<std::string> SignNote(std::string_view text) const override;
  bool may_wait() const override;

  KeySchedule schedule() const;
  // nullopt: not here any more.
  std::optional<OwnKey> current() const;

 private:
  // Old keys first; none: not here.
  std::vector<std::shared_ptr<const NoteSigner>> SignersAt(std::uint64_t size) const;

  const Hasher& hasher_;
  const Ed25519Verifier& verifier_;
  mutable std::mutex mutex_;
  KeySchedule schedule_;
  std::optional<OwnKey> current_;
  std::deque<OwnKey> prepared_;
  // Signs at the size of the change only; forgotten with the first later one.
  mutable std::optional<OwnKey> previous_;
};

// Tells two observers, in this order.
class ObserverPair final : public CommitObserver {
 public:
  // Both must outlive this object.
  ObserverPair(CommitObserver& first, CommitObserver& second) : first_(first), second_(second) {}

  void OnCommitted(const Entry& entry) override {
    first_.OnCommitted(entry);
    second_.OnCommitted(entry);
  }

 private:
  CommitObserver& first_;
  CommitObserver& second_;
};

}  // namespace svidence::ledger
