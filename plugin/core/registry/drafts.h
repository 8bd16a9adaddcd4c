// Drafts of the entries that the registry folds. Pure: nothing is appended here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/spiffe_id.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/registry/records.h"

namespace svidence::registry {

// The highest score of an agent whose sponsor has not signed (decision 8).
constexpr trust::Score kUnsignedCeiling = 7000;

// Why an identity is revoked or restored: the only codes there are.
std::span<const std::string_view> ReasonCodes();
bool IsReasonCode(std::string_view code);

// `agent.registered`, and `agent.changed` with all members of the agent as they
// are from now on. `by` is "server:<id>", "operator:<ref>", "sponsor:<ref>" or a
// SPIFFE ID; `agent.registered_in` is not used.
//
// Errors: InvalidArgument, naming the member with bound and value, if the name
//         is not an agent's, the scope is not 1..4, a score, time or rule is out
//         of range, the score is above kUnsignedCeiling without a verified
//         sponsor or above 0 without any, or a text is empty or too long.
StatusOr<ledger::EntryDraft> DraftRegistered(const Agent& agent, std::string_view by);
StatusOr<ledger::EntryDraft> DraftChanged(const Agent& agent, std::string_view by);

// `revoked` and `restored`, of the SPIFFE ID `id` of the agent `agent` (empty: of
// none). Submit them with AppendRequest::ends_batch, so that no issuance follows
// a `revoked` within its batch.
//
// Errors: InvalidArgument if `reason` is not one of ReasonCodes(), or `agent` or
//         `by` is malformed.
StatusOr<ledger::EntryDraft> DraftRevoked(const SpiffeId& id, std::string_view agent,
                                          std::string_view reason, std::string_view by);
StatusOr<ledger::EntryDraft> DraftRestored(const SpiffeId& id, std::string_view agent,
                                           std::string_view reason, std::string_view by);

// Why what is known of a person was erased: the only codes there are.
std::span<const std::string_view> ErasureReasons();

// `erased`, of the person behind the pseudonym `ref`. Says which fields are gone and
// why, and none of their values. Submit it with AppendRequest::ends_batch.
// Errors: InvalidArgument if `reason` is not one of ErasureReasons(), or `ref` or `by`
//         is malformed.
StatusOr<ledger::EntryDraft> DraftErased(std::string_view ref, std::string_view reason,
                                         std::string_view by);

}  // namespace svidence::registry
