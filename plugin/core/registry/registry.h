// Agents and revocations: state folded from ledger entries and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/trust/decay.h"

namespace svidence::registry {

// What an issuance says of trust; "score" and "as_of" are those of the last
// trust event in the ledger and are copied unchanged.
struct TrustRecord {
  trust::Score score = 0;
  std::int64_t as_of = 0;  // Unix seconds
  trust::DecayRule rule;
  std::string policy;  // digest text of the policy that set it

  friend bool operator==(const TrustRecord&, const TrustRecord&) = default;
};

// Who answers for an agent, as far as entries may say: a pseudonym.
struct SponsorRecord {
  std::string ref;
  bool verified = false;
  std::string method;                 // "none" until a signed sponsorship exists
  std::optional<std::int64_t> until;  // Unix seconds

  friend bool operator==(const SponsorRecord&, const SponsorRecord&) = default;
};

struct Agent {
  std::string name;
  int scope = 0;  // 1..4, AWS agentic scoping matrix
  TrustRecord trust;
  std::optional<SponsorRecord> sponsor;
  ledger::EntryIndex registered_in = 0;
};

// Thread-safe. Lookups take a short lock that no I/O holds.
class Registry final : public ledger::CommitObserver {
 public:
  // Folds one entry. Types that do not concern the registry are ignored; an
  // entry that does but cannot be understood changes nothing and is counted.
  void OnCommitted(const ledger::Entry& entry) override;

  // Null if no agent has that name. The snapshot does not change.
  std::shared_ptr<const Agent> Find(std::string_view name) const;
  // By name, in order.
  std::vector<std::shared_ptr<const Agent>> List() const;

  // Is this SPIFFE ID revoked, by an entry or by DenyNow?
  bool IsRevoked(std::string_view spiffe_id) const;
  // In force before the ledger knows it; survives until lifted by `restored`.
  void DenyNow(std::string_view spiffe_id);
  // Index of the `revoked` entry; nullopt if not revoked or not yet recorded.
  std::optional<ledger::EntryIndex> RevokedIn(std::string_view spiffe_id) const;
  // Every revoked SPIFFE ID, in order.
  std::vector<std::string> ListRevoked() const;

  std::uint64_t NotUnderstood() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Agent>> agents_;
  std::unordered_map<std::string, std::optional<ledger::EntryIndex>> revoked_;
  std::uint64_t not_understood_ = 0;
};

}  // namespace svidence::registry
