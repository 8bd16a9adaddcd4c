// The ledger's own word on its index: the entry `index.built`.
#pragma once

#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/index/subject_tree.h"

namespace svidence::ledger {

constexpr std::string_view kIndexBuiltType = "index.built";

// `by` is "server:<id>". The entry does not cover itself: its index is at least
// `root.size`.
EntryDraft DraftIndexBuilt(const IndexRoot& root, std::string_view by);

// Errors: InvalidArgument, naming the member, if `entry` is no `index.built`, its
//         members are not as above, or it covers itself.
StatusOr<IndexRoot> ParseIndexBuilt(const Entry& entry);

}  // namespace svidence::ledger
