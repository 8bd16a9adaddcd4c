// The entries that a log has got since somebody last verified it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

struct TailReport {
  EntryIndex checked = 0;  // new entries that hold
  // Links to the subject's previous entry that were not followed: each new subject
  // is believed to be new, and so is what stands behind kMaxFollowedLinks.
  std::uint64_t unfollowed = 0;
  std::optional<Defect> defect{};
};

// Entries looked up before the new ones, to see that they are in the old tree and on
// the same subject. Each costs a few tiles.
constexpr std::size_t kMaxFollowedLinks = 256;

// Are the entries [from.size, to.size) a chain that begins where the tree `from`
// ends, and do they make it the tree `to`? Both trees must be trusted, and `to` be
// known to continue `from`, which must not be empty. `nodes` and `reader` are of a
// source of at least `to.size` entries.
// Errors: those of `nodes` and `reader`.
StatusOr<TailReport> CheckTail(EntryReader& reader, NodeReader& nodes, const Checkpoint& from,
                               const Checkpoint& to, const Hasher& hasher);

}  // namespace svidence::ledger
