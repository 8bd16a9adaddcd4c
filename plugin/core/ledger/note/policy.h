// Policies: which logs are believed, and which witnesses must have cosigned.
//
// As c2sp.org/tlog-policy, untagged, as of July 2026, but narrower:
//   log <vkey> [<url>]                       any number; one of them must have signed
//   witness <name> <vkey> [<url>]
//   group <name> all|any|<k> <name>...       k of the named witnesses and groups
//   quorum <name>|none                       exactly one
// Keys are Ed25519: type 1 for logs, 4 for witnesses. No public key stands twice,
// not even once as a log's and once as a witness's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

// The page asks for at least 32 of each.
constexpr std::size_t kMaxPolicyBytes = 1U << 20U;
constexpr std::size_t kMaxPolicyLogs = 256;
constexpr std::size_t kMaxPolicyWitnesses = 256;
constexpr std::size_t kMaxPolicyGroups = 256;
constexpr std::size_t kMaxPolicyNameBytes = 512;
constexpr std::size_t kMaxPolicyUrlBytes = 2048;

struct PolicyWitness {
  std::string name;  // in the policy only; that of the key may be another
  std::string url;   // may be empty
};

// A witness or a group.
struct PolicyVoter {
  std::string name;
  std::optional<std::size_t> witness;  // its place among the witnesses; nullopt: a group
  std::size_t threshold = 1;           // of a group, 1..members
  std::vector<std::size_t> members;    // of a group: places before its own among the voters
};

// Immutable. Thread-safe.
class Policy {
 public:
  // Errors: InvalidArgument, "policy line <n>: ...", on the first line that is not
  //         as above, and over the bounds.
  static StatusOr<Policy> Parse(const Hasher& hasher, std::string_view text);

  // Believes this log, and asks for no witness. `log` must be of
  // KeyType::kEd25519.
  static Policy OfLog(const Hasher& hasher, Vkey log);

  // The keys of the logs, and behind them those of the witnesses.
  std::span<const TrustedKey> keys() const { return parts_.keys; }
  std::size_t log_count() const { return parts_.log_urls.size(); }
  // In the order of the file; urls may be empty.
  std::span<const std::string> log_urls() const { return parts_.log_urls; }
  std::span<const PolicyWitness> witnesses() const { return parts_.witnesses; }
  const TrustedKey& witness_key(std::size_t witness) const {
    return parts_.keys[log_count() + witness];
  }
  bool wants_witnesses() const { return parts_.quorum.has_value(); }

  // Does the quorum hold if exactly the witnesses that are true in `cosigned` have
  // cosigned? Places that are not there are false.
  bool QuorumHolds(const std::vector<bool>& cosigned) const;

  // What Parse collects.
  struct Parts {
    std::vector<TrustedKey> keys;
    std::vector<std::string> log_urls;
    std::vector<PolicyWitness> witnesses;
    std::vector<PolicyVoter> voters;
    std::optional<std::size_t> quorum;  // a voter; nullopt: none
  };

 private:
  explicit Policy(Parts parts) : parts_(std::move(parts)) {}

  Parts parts_;
};

// The names of the witnesses each of which satisfies the quorum alone.
std::vector<std::string> LoneWitnesses(const Policy& policy);
// A sentence for people if one witness, or none, satisfies the quorum: whoever
// runs it and the log together can show each reader another history.
std::optional<std::string> WarnAboutQuorum(const Policy& policy);

}  // namespace svidence::ledger
