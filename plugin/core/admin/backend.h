// What people, CI and auditors may ask of the server: the one contract of the
// gRPC service, the command line tool's client, and the implementation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/revocations.h"

namespace svidence::admin {

constexpr std::size_t kMaxPageEntries = 500;
// A page or stream chunk of entries holds at most this, but at least one entry.
constexpr std::size_t kMaxPageBytes = std::size_t{256} * 1024;
// Entries that one List call looks at before it answers with what it has.
constexpr std::size_t kMaxScannedEntries = 20000;

// Who is asking, as the kernel says. A client leaves it as it is: the server
// looks for itself.
struct Caller {
  std::int64_t pid = 0;
  std::int64_t uid = -1;
  std::int64_t gid = -1;
  std::string user;        // name of `uid`; empty if it has none
  bool may_write = false;  // came in by admin.sock
};

enum class State { kUnconfigured, kRefusing, kServing };
enum class Level { kOk, kWarn, kBad };

struct Check {
  std::string name;  // "ledger", "signer", "spire", "clock", "disk", "revocation"
  Level level = Level::kOk;
  std::string detail;
};

struct Counter {
  std::string name;
  std::uint64_t value = 0;
};

struct StatusReport {
  std::string version;
  State state = State::kUnconfigured;
  std::string reason;  // why not kServing
  std::string trust_domain;
  std::string server_id;
  std::int64_t now_millis = 0;      // Unix time
  std::int64_t started_millis = 0;  // Unix time
  std::vector<Check> checks;
  std::vector<Counter> counters;
};

struct Registration {
  std::string name;
  int scope = 0;        // 1..4; 0 in a change: it stays
  std::string sponsor;  // name or e-mail; empty: nobody, and the score is 0
  // What is not given is as the server's settings say; in a change, it stays.
  std::optional<trust::Score> score;
  std::optional<std::int64_t> half_life;
  std::optional<trust::Score> floor;
  std::optional<std::int64_t> hold;
  bool change = false;  // of an agent that is registered already
};

struct AgentInfo {
  registry::Agent agent;
  std::string person;   // the sponsor's; only for callers that may write
  bool erased = false;  // nobody knows any more who the sponsor was
};

struct Registered {
  AgentInfo info;
  ledger::EntryIndex index = 0;  // of the entry that says so
};

struct AgentPage {
  std::vector<AgentInfo> agents;
  bool more = false;
};

struct AgentDetail {
  AgentInfo info;
  std::vector<std::string> revoked;  // SPIFFE IDs
  bool more_revoked = false;
};

struct RevokePreview {
  std::string agent;
  bool registered = false;
  bool revoked = false;  // already
  std::vector<revocation::SpireEntry> entries;
  std::string spire_trouble;  // why `entries` is not known
};

struct RevokeReport {
  revocation::Outcome outcome;
  revocation::Deletion deletion;
};

struct Erasure {
  std::string ref{};      // the pseudonym; empty: that of `person`
  std::string person{};   // name or e-mail
  std::string reason{};   // one of registry::ErasureReasons()
  bool withdraw = false;  // first take the person off the agents
};

struct Erased {
  std::string ref{};
  ledger::EntryIndex index = 0;          // of the `erased` entry
  bool already = false;                  // it was there before
  std::vector<std::string> withdrawn{};  // agents without a sponsor from now on, score 0
  std::string trouble{};  // why the person is still in the directory; the next start erases
};

struct KeyRotation {
  std::string source{};  // of the new key, as KeyRing::OpenNext takes it
  std::string reason{};  // one of ledger::KeyChangeReasons()
};

struct Rotated {
  ledger::EntryIndex index = 0;  // of the `key.changed`
  std::string keys{};            // all keys of the log, as ledger::KeySchedule writes them
  // The newest signed note. A key outside the server may take a moment to sign the one
  // that shows the change.
  std::string checkpoint{};
  std::string todo{};  // what the operator must set now; empty: nothing
};

struct LedgerInfo {
  std::string directory;
  std::string uuid;
  std::string origin;
  std::string vkey;  // the key that it began with
  std::string trust_domain;
  ledger::EntryIndex size = 0;
  Digest last_leaf{};
  std::int64_t last_at_millis = 0;  // Unix time
  std::string keys{};               // all keys, as ledger::KeySchedule writes them
  std::string checkpoint{};         // the newest signed note; empty where there is none
};

// Empty texts match everything.
struct EntryQuery {
  std::optional<ledger::EntryIndex> before;  // newest first, below this index
  std::size_t page_size = kMaxPageEntries;
  std::string type;     // exactly, or with a trailing '*': "issue.*"
  std::string agent;    // name
  std::string subject;  // exactly
};

struct EntryPage {
  std::vector<std::string> entries;          // exact bytes, newest first
  std::optional<ledger::EntryIndex> before;  // where the next page begins; nullopt: no more
};

struct VerifyReport {
  bool intact = false;
  std::uint64_t entries = 0;  // found good, from index 0
  Digest last_leaf{};         // of the last good one
  std::optional<ledger::EntryIndex> first_bad;
  std::string kind;    // ledger::NameOf the defect
  std::string reason;  // what is wrong
  // Why the ledger's end was compared with nothing, so that entries cut off at
  // the end would not show; empty if it was compared.
  std::string unmarked{};
};

// Told how many of how many entries are done. An error ends the work.
using VerifyProgress = std::function<Status(std::uint64_t checked, std::uint64_t total)>;
// Given entries in order. An error ends the work.
using EntrySink = std::function<Status(const std::vector<std::string>& entries)>;

// Reading the ledger: through the server while it runs, else on the files.
class LedgerView {
 public:
  virtual ~LedgerView() = default;

  virtual StatusOr<LedgerInfo> Info() = 0;
  // Errors: InvalidArgument on a page size of 0 or above kMaxPageEntries.
  virtual StatusOr<EntryPage> List(const EntryQuery& query) = 0;
  // Errors: NotFound past the end.
  virtual StatusOr<std::string> Get(ledger::EntryIndex index) = 0;
  // From index `first` to the end as it is now.
  // Errors: InvalidArgument if `first` is past the end; those of the sink.
  virtual Status Export(ledger::EntryIndex first, const EntrySink& sink) = 0;
  // A ledger that does not verify is a report, not an error.
  virtual StatusOr<VerifyReport> Verify(const VerifyProgress& progress) = 0;
};

class AgentAdmin {
 public:
  virtual ~AgentAdmin() = default;

  // Errors: InvalidArgument naming the member; AlreadyExists; FailedPrecondition
  //         unless the settings allow agents without a signed sponsorship;
  //         PermissionDenied if a change names another sponsor, or to callers that
  //         may only read; NotFound if a change finds no agent; the ledger's.
  virtual StatusOr<Registered> RegisterAgent(const Caller& caller, const Registration& agent) = 0;
  // By name, behind `after`.
  virtual StatusOr<AgentPage> ListAgents(const Caller& caller, std::string_view after,
                                         std::size_t page_size) = 0;
  // Errors: NotFound.
  virtual StatusOr<AgentDetail> GetAgent(const Caller& caller, std::string_view name) = 0;
};

class KeyAdmin {
 public:
  virtual ~KeyAdmin() = default;

  // Changes the log's key: both keys sign the entry that says so, and its checkpoint;
  // from then on only the new one signs.
  // Errors: InvalidArgument on a reason that is none; those of KeyRing::OpenNext and
  //         of the signers: nothing was changed; those of the ledger: `ledger key`
  //         tells whether it was; PermissionDenied to callers that may only read.
  virtual StatusOr<Rotated> RotateKey(const Caller& caller, const KeyRotation& rotation) = 0;
};

class SponsorAdmin {
 public:
  virtual ~SponsorAdmin() = default;

  // Erases the person behind a pseudonym for ever, and writes that down without him.
  // Errors: InvalidArgument on a reason that is none, or unless exactly one of ref and
  //         person is given; NotFound if there is no such pseudonym; FailedPrecondition,
  //         naming them, if agents have that sponsor, unless they are withdrawn; the
  //         ledger's; PermissionDenied to callers that may only read.
  virtual StatusOr<Erased> EraseSponsor(const Caller& caller, const Erasure& erasure) = 0;
};

class RevocationAdmin {
 public:
  virtual ~RevocationAdmin() = default;

  // Errors of all three: those of revocation::Revocations; PermissionDenied to
  // callers that may only read. SPIRE's are part of preview and report.
  virtual StatusOr<RevokePreview> PreviewRevoke(std::string_view spiffe_id) = 0;
  virtual StatusOr<RevokeReport> Revoke(const Caller& caller, std::string_view spiffe_id,
                                        std::string_view reason) = 0;
  virtual StatusOr<ledger::EntryIndex> Restore(const Caller& caller, std::string_view spiffe_id,
                                               std::string_view reason) = 0;
};

// Implemented by LocalBackend (local_backend.h) in a server that serves, by
// plugin/server in one that does not, by AdminClient
// (plugin/adapters/grpc/admin_client.h) in the tool, in memory by tests/support.
// Thread-safe; calls may block.
class Backend : public LedgerView,
                public AgentAdmin,
                public RevocationAdmin,
                public SponsorAdmin,
                public KeyAdmin {
 public:
  virtual StatusOr<StatusReport> GetStatus() = 0;
};

}  // namespace svidence::admin
