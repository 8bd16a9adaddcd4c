#include "plugin/cli/opened_tree.h"

#include <utility>
#include <vector>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/audit/entry_tree.h"
#include "plugin/core/ledger/audit/tiles_source.h"
#include "plugin/core/ledger/note/tlog_proof.h"
#include "plugin/core/ledger/tree/hashing.h"
#include "plugin/core/ledger/tree/proof.h"
#include "plugin/core/ledger/tree/proof_check.h"

namespace svidence::cli {
namespace {

Status TooFew(const FoundCheckpoint& checkpoint, ledger::EntryIndex size) {
  return DataLoss(checkpoint.name + " is of " + std::to_string(checkpoint.checkpoint.size) +
                  " entries, the source has " + std::to_string(size) +
                  ": its end was cut off, or it is an older copy");
}

Status OpenPublishedTree(const Environment& env, const Trust& trust, OpenedTree& tree) {
  SVIDENCE_ASSIGN_OR_RETURN(tree.tiles, tree.source.tiles());
  SVIDENCE_ASSIGN_OR_RETURN(FoundCheckpoint published,
                            trust.OpenPublished(*tree.tiles, tree.source.name));
  tree.size = published.checkpoint.size;
  if (!tree.checkpoint) tree.checkpoint = std::move(published);
  tree.source.entries = std::make_unique<ledger::TilesSource>(tree.source.tiles, tree.size);
  tree.nodes = std::make_unique<ledger::TileNodeReader>(env.hasher, *tree.tiles, tree.size);
  return OkStatus();
}

Status OpenComputedTree(const Environment& env, OpenedTree& tree) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::optional<ledger::EntryIndex> size,
                            tree.source.entries->Size());
  if (!size) return DataLoss("the ledger's end is damaged; run `svidence ledger verify`");
  tree.size = *size;
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<ledger::EntryReader> reader,
                            tree.source.entries->OpenReader());
  SVIDENCE_ASSIGN_OR_RETURN(tree.nodes,
                            ledger::EntryTree::Build(env.hasher, std::move(reader), tree.size));
  return OkStatus();
}

Status CheckRoot(const Hasher& hasher, const OpenedTree& tree) {
  const ledger::Checkpoint& checkpoint = tree.checkpoint->checkpoint;
  if (checkpoint.size > tree.size) return TooFew(*tree.checkpoint, tree.size);
  SVIDENCE_ASSIGN_OR_RETURN(const Digest root,
                            ledger::RootAt(hasher, *tree.nodes, checkpoint.size));
  if (root == checkpoint.root) return OkStatus();
  return DataLoss(tree.checkpoint->name + " has the root " + DigestText(checkpoint.root) +
                  " over " + std::to_string(checkpoint.size) + " entries, the source has " +
                  DigestText(root) + ": one of the two is not this log's history");
}

}  // namespace

StatusOr<std::string> SourceOf(const std::string& option, const std::string& ledger_dir) {
  if (!option.empty()) return option;
  if (!ledger_dir.empty()) return ledger_dir;
  return InvalidArgument(
      "--source must name a ledger's directory, an export, or a published log's directory");
}

StatusOr<OpenedTree> OpenTree(const Environment& env, const Trust& trust, const std::string& source,
                              const std::string& against) {
  OpenedTree tree;
  SVIDENCE_ASSIGN_OR_RETURN(tree.source, env.open_source(source));
  if (!against.empty()) {
    SVIDENCE_ASSIGN_OR_RETURN(tree.checkpoint, trust.OpenFile(against));
  }
  SVIDENCE_RETURN_IF_ERROR(tree.source.published() ? OpenPublishedTree(env, trust, tree)
                                                   : OpenComputedTree(env, tree));
  SVIDENCE_ASSIGN_OR_RETURN(tree.entries, tree.source.entries->OpenReader());
  if (tree.checkpoint) {
    SVIDENCE_RETURN_IF_ERROR(CheckRoot(env.hasher, tree));
  }
  return tree;
}

StatusOr<std::string> ReadEntry(const OpenedTree& tree, ledger::EntryIndex index) {
  if (index >= tree.size) {
    return InvalidArgument("there is no entry " + std::to_string(index) + ": the source has " +
                           std::to_string(tree.size));
  }
  ledger::EntryBlock block;
  SVIDENCE_RETURN_IF_ERROR(tree.entries->Read(index, 1, block));
  if (!block.entries.empty()) return std::string(block.entries.front());
  return DataLoss("entry " + std::to_string(index) + ": " +
                  (block.defect ? block.defect->sentence : "is not there"));
}

StatusOr<std::string> ProveEntry(const Hasher& hasher, const OpenedTree& tree,
                                 ledger::EntryIndex index, const std::string& entry) {
  const ledger::Checkpoint& checkpoint = tree.checkpoint->checkpoint;
  if (index >= checkpoint.size) {
    return InvalidArgument(tree.checkpoint->name + " is of " + std::to_string(checkpoint.size) +
                           " entries, it is older than entry " + std::to_string(index));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<Digest> hashes,
                            ledger::ProveInclusion(hasher, *tree.nodes, index, checkpoint.size));
  const Status included = ledger::VerifyInclusion(hasher, ledger::LeafHash(hasher, entry), index,
                                                  checkpoint.size, hashes, checkpoint.root);
  if (!included.ok()) {
    return DataLoss("entry " + std::to_string(index) + " is not in the tree of " +
                    tree.checkpoint->name + ": " + Message(included));
  }
  return ledger::FormatTlogProof(index, hashes, tree.checkpoint->note);
}

}  // namespace svidence::cli
