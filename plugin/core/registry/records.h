// What an agent is, and how entries write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/json.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/trust/decay.h"

namespace svidence::registry {

constexpr std::size_t kMaxAgentNameBytes = 63;
constexpr int kMaxScope = 4;
// Longest pseudonym, policy digest or other short text of a record, in bytes.
constexpr std::size_t kMaxRecordTextBytes = 128;
// Times in entries: 0..9999-12-31T23:59:59Z, which RFC 3339 can write.
constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;

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

// True if `name` may name an agent: [a-z0-9._-], at most kMaxAgentNameBytes, not
// "." or "..".
bool IsAgentName(std::string_view name);

// The agent whose identity `id` is: the path segment behind `prefix` (with its
// leading slash). Empty if the ID is not below the prefix, or if that segment
// is not the name of any agent.
std::string_view AgentNameOf(const SpiffeId& id, std::string_view prefix);

// True if `id` is below `prefix`: "<prefix>/" and at least one segment.
bool IsBelow(const SpiffeId& id, std::string_view prefix);

// Write one JSON value. Without a record: score 0 and null for the rest, and
// null for the sponsor.
void WriteTrust(JsonWriter& json, const std::optional<TrustRecord>& trust);
void WriteSponsor(JsonWriter& json, const std::optional<SponsorRecord>& sponsor);

// Read what those wrote. `value` may be null: the member is missing.
// Errors: InvalidArgument naming the member that is missing, of another type or
//         out of range.
StatusOr<std::optional<TrustRecord>> ReadTrust(const Json* value);
StatusOr<std::optional<SponsorRecord>> ReadSponsor(const Json* value);

}  // namespace svidence::registry
