// Nodes of a tree in memory, with faults.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plugin/core/ledger/tree/compact_range.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::testing {

class FakeNodeReader final : public ledger::NodeReader {
 public:
  struct Less {
    bool operator()(const ledger::NodeId& a, const ledger::NodeId& b) const {
      return std::tie(a.level, a.index) < std::tie(b.level, b.index);
    }
  };
  using Nodes = std::map<ledger::NodeId, Digest, Less>;

  StatusOr<std::vector<Digest>> Read(std::span<const ledger::NodeId> nodes) override {
    ++reads_;
    most_nodes_ = std::max(most_nodes_, nodes.size());
    if (!failure_.ok()) return failure_;
    if (nodes.size() > ledger::kMaxNodesPerRead) return InvalidArgument("too many nodes");
    std::vector<Digest> digests;
    for (const ledger::NodeId& node : nodes) {
      const auto found = nodes_.find(node);
      if (found == nodes_.end()) {
        return NotFound("no node " + std::to_string(node.index) + " on level " +
                        std::to_string(node.level));
      }
      digests.push_back(found->second);
    }
    if (drop_last_ && !digests.empty()) digests.pop_back();
    return digests;
  }

  void Set(const ledger::NodeId& node, const Digest& digest) { nodes_[node] = digest; }
  // Keeps all that it is told; this object must outlive it.
  ledger::NodeObserver Observer() {
    return [this](const ledger::NodeId& node, const Digest& digest) { Set(node, digest); };
  }

  void FailWith(Status failure) { failure_ = std::move(failure); }
  // Breaks the contract: gives one digest too few.
  void DropLast() { drop_last_ = true; }

  const Nodes& nodes() const { return nodes_; }
  std::size_t reads() const { return reads_; }
  std::size_t most_nodes() const { return most_nodes_; }

 private:
  Nodes nodes_;
  Status failure_;
  bool drop_last_ = false;
  std::size_t reads_ = 0;
  std::size_t most_nodes_ = 0;
};

}  // namespace svidence::testing
