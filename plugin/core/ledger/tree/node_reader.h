// Port: where the nodes of a tree are read.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/subtree.h"

namespace svidence::ledger {

// No proof and no root needs more.
constexpr std::size_t kMaxNodesPerRead = 128;

// Implemented over tiles by TileNodeReader, in memory with faults by
// tests/support. One caller at a time. May give wrong digests: whoever uses them
// compares a root that comes from elsewhere.
class NodeReader {
 public:
  virtual ~NodeReader() = default;

  // The digests of `nodes`, at most kMaxNodesPerRead, in their order.
  // Errors: NotFound if the tree has not got one of them, complete; whatever keeps
  //         them from being read.
  virtual StatusOr<std::vector<Digest>> Read(std::span<const NodeId> nodes) = 0;
};

}  // namespace svidence::ledger
