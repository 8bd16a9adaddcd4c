// The tree over entries that come without one, as a source of its nodes.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/audit/source.h"
#include "plugin/core/ledger/tree/node_reader.h"

namespace svidence::ledger {

// Keeps the roots over each 1,024 entries, 32 bytes each; what lies below them is
// computed anew when it is asked for.
class EntryTree final : public NodeReader {
 public:
  // The tree of the first `size` entries, all of which are read once. `hasher` must
  // outlive it.
  // Errors: DataLoss if there are fewer, or the source is damaged; its own.
  static StatusOr<std::unique_ptr<EntryTree>> Build(const Hasher& hasher,
                                                    std::unique_ptr<EntryReader> reader,
                                                    EntryIndex size);

  // Errors: also as Build.
  StatusOr<std::vector<Digest>> Read(std::span<const NodeId> nodes) override;

  static constexpr unsigned kKeptLevel = 10;

 private:
  EntryTree(const Hasher& hasher, std::unique_ptr<EntryReader> reader, EntryIndex size)
      : hasher_(hasher), reader_(std::move(reader)), size_(size) {}

  StatusOr<Digest> RootOver(EntryIndex first, EntryIndex end);
  StatusOr<Digest> NodeOf(const NodeId& node);

  const Hasher& hasher_;
  std::unique_ptr<EntryReader> reader_;
  const EntryIndex size_;
  std::vector<Digest> kept_;  // of kKeptLevel
};

}  // namespace svidence::ledger
