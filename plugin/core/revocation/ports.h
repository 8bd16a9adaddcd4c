// What a revocation needs from outside: the ledger, SPIRE's entries, a spool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/committer.h"

namespace svidence::revocation {

// A registration entry of SPIRE, as far as a person must see it to decide.
struct SpireEntry {
  std::string id;
  std::string spiffe_id;
  std::string parent_id;
  std::vector<std::string> selectors;  // "type:value"
  std::string hint;
};

// Port: SPIRE's registration entries. Implemented over SPIRE's private socket by
// plugin/adapters/spire, in memory with faults by tests/support;
// tests/unit/plugin/adapters/spire/entry_directory_contract_test.cc holds both
// to what stands here. Thread-safe.
class EntryDirectory {
 public:
  virtual ~EntryDirectory() = default;

  // The entries with exactly this SPIFFE ID, at most `max`.
  // Errors: Unavailable or DeadlineExceeded if SPIRE does not answer, with the
  //         setting that names its socket; PermissionDenied if it refuses us.
  virtual StatusOr<std::vector<SpireEntry>> List(const SpiffeId& id, std::size_t max) = 0;
  // Deletes these entries. One that is gone already counts as deleted.
  // Errors: those of List; and of the first entry that SPIRE did not delete,
  //         after all have been tried.
  virtual Status Delete(std::span<const std::string> entry_ids) = 0;
};

// A revocation that is in force and not yet in the ledger.
struct SpoolRecord {
  std::string spiffe_id;
  std::string reason;
  std::string by;

  friend bool operator==(const SpoolRecord&, const SpoolRecord&) = default;
};

// Port: where unrecorded revocations survive a restart. Implemented as a file
// whose space is allocated beforehand by plugin/adapters/linux, so that a full
// disk does not stop it; in memory with faults by tests/support. One caller at a
// time.
class Spool {
 public:
  virtual ~Spool() = default;

  // Errors: DataLoss if what is stored does not verify.
  virtual StatusOr<std::vector<SpoolRecord>> Load() = 0;
  // Replaces everything, all or nothing; survives power loss once it returns OK.
  // Errors: ResourceExhausted if the records do not fit, Unavailable if they
  //         cannot be written.
  virtual Status Save(std::span<const SpoolRecord> records) = 0;
};

// Port: where entries are appended; over the Committer in production.
class Ledger {
 public:
  virtual ~Ledger() = default;
  // As Committer::Submit.
  virtual void Submit(ledger::AppendRequest request) = 0;
};

class CommitterLedger final : public Ledger {
 public:
  // `committer` must outlive this object.
  explicit CommitterLedger(ledger::Committer& committer) : committer_(committer) {}
  void Submit(ledger::AppendRequest request) override { committer_.Submit(std::move(request)); }

 private:
  ledger::Committer& committer_;
};

}  // namespace svidence::revocation
