// Nodes of a tree that is stored or published as tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/node_reader.h"
#include "plugin/core/ledger/tree/tile.h"

namespace svidence::ledger {

// Port: where the bytes of tiles are, a directory or a server. One caller at a
// time.
class TileReader {
 public:
  virtual ~TileReader() = default;

  // The bytes at `path`, a path as of FormatTilePath; at most `max_bytes`.
  // Errors: NotFound if there are none; whatever keeps them from being read, more
  //         than `max_bytes` among it.
  virtual StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) = 0;
};

// Verifies nothing: tiles are what their server says. The one who asks does that:
// RootAt() over this reader gives the root of all nodes that it reads, which must
// be the signed one; a proof made from these nodes is checked against that root
// with VerifyInclusion() or VerifyConsistency(). A wrong tile shows there.
class TileNodeReader final : public NodeReader {
 public:
  // The tree of a checkpoint of `size` leaves, whose partial tiles exist. `hasher`
  // and `tiles` must outlive this object.
  TileNodeReader(const Hasher& hasher, TileReader& tiles, std::uint64_t size)
      : hasher_(hasher), tiles_(tiles), size_(size) {}

  // Reads each tile once a call. Where a partial one is gone, the full one, whose
  // beginning it is, will do.
  // Errors: those of the port; NotFound if a node is not complete in the tree;
  //         InvalidArgument above kMaxNodesPerRead; DataLoss if a tile has not the
  //         length that its path says.
  StatusOr<std::vector<Digest>> Read(std::span<const NodeId> nodes) override;

 private:
  struct Loaded {
    TileId tile;
    std::vector<Digest> hashes;
  };

  StatusOr<std::span<const Digest>> Load(const TileId& tile, std::vector<Loaded>& loaded) const;

  const Hasher& hasher_;
  TileReader& tiles_;
  std::uint64_t size_;
};

}  // namespace svidence::ledger
