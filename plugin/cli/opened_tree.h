// A source of entries with its tree, held to a checkpoint.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestors/base/status.h"
#include "plugin/cli/environment.h"
#include "plugin/cli/ledger_source.h"
#include "plugin/cli/trust.h"
#include "plugin/core/ledger/tree/node_reader.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::cli {

struct OpenedTree {
  LedgerSource source{};
  // The one that was given, else the published one. Without either: nobody says
  // what the tree must be.
  std::optional<FoundCheckpoint> checkpoint{};
  ledger::EntryIndex size = 0;  // of `nodes`: at least the checkpoint's
  std::unique_ptr<ledger::TileReader> tiles{};
  std::unique_ptr<ledger::EntryReader> entries{};
  std::unique_ptr<ledger::NodeReader> nodes{};  // destroyed first: reads the others
};

// `against`: a file with a checkpoint (Trust::OpenFile); empty: none. The tree of
// entries that come without one is computed, which reads them all.
// Errors: those of source and checkpoint; DataLoss if the source has not as many
//         entries as the checkpoint, or another tree.
StatusOr<OpenedTree> OpenTree(const Environment& env, const Trust& trust, const std::string& source,
                              const std::string& against);

// `--source`, else the group's --ledger-dir.
// Errors: InvalidArgument if neither is given.
StatusOr<std::string> SourceOf(const std::string& option, const std::string& ledger_dir);

// The exact bytes of entry `index`.
// Errors: InvalidArgument if it is not below `tree.size`; DataLoss if it is not there.
StatusOr<std::string> ReadEntry(const OpenedTree& tree, ledger::EntryIndex index);

// The tlog-proof of entry `index`, whose bytes are `entry`, under the tree's
// checkpoint, which must be there.
// Errors: InvalidArgument if the checkpoint is older than the entry; DataLoss if the
//         source does not show the entry in it.
StatusOr<std::string> ProveEntry(const Hasher& hasher, const OpenedTree& tree,
                                 ledger::EntryIndex index, const std::string& entry);

}  // namespace svidence::cli
