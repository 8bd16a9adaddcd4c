// Agents and revocations: state folded from ledger entries and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
#include "plugin/core/registry/records.h"

namespace svidence::registry {

// Thread-safe. Lookups take a short lock that no I/O holds.
class Registry final : public ledger::CommitObserver {
 public:
  // Folds one entry. Types that do not concern the registry are ignored; an
  // entry that does but cannot be understood changes nothing and is counted. A
  // `revoked` needs nothing but a SPIFFE ID to count.
  void OnCommitted(const ledger::Entry& entry) override;

  // Null if no agent has that name. The snapshot does not change.
  std::shared_ptr<const Agent> Find(std::string_view name) const;
  // By name, in order.
  std::vector<std::shared_ptr<const Agent>> List() const;

  // Is this SPIFFE ID revoked, by an entry or by DenyNow?
  bool IsRevoked(std::string_view spiffe_id) const;
  // In force before the ledger knows it, until a `restored` lifts it. What a
  // `revoked` entry denies is denied to gates that run after its commit: it is
  // submitted with AppendRequest::ends_batch.
  void DenyNow(std::string_view spiffe_id);
  // Index of the `revoked` entry; nullopt if not revoked or not yet recorded.
  std::optional<ledger::EntryIndex> RevokedIn(std::string_view spiffe_id) const;
  // Every revoked SPIFFE ID, in order.
  std::vector<std::string> ListRevoked() const;

  // Was the person behind this pseudonym erased?
  bool IsErased(std::string_view ref) const;
  // Index of the `erased` entry; nullopt if there is none.
  std::optional<ledger::EntryIndex> ErasedIn(std::string_view ref) const;
  // Every erased pseudonym, in order.
  std::vector<std::string> ListErased() const;

  std::uint64_t NotUnderstood() const;

 private:
  // Lets a string_view be looked up without a string being made of it.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <typename T>
  using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

  Status Fold(const ledger::Entry& entry);
  Status FoldAgent(const ledger::Entry& entry);
  Status FoldRestored(const ledger::Entry& entry);

  mutable std::mutex mutex_;
  ByText<std::shared_ptr<const Agent>> agents_;
  ByText<std::optional<ledger::EntryIndex>> revoked_;
  ByText<ledger::EntryIndex> erased_;
  std::uint64_t not_understood_ = 0;
};

}  // namespace svidence::registry
