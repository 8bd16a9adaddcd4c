// Entry bundles: the entries of up to 256 neighbouring leaves in one file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/tree/tile.h"

namespace svidence::ledger {

// What two bytes of length can say; our entries are shorter.
constexpr std::size_t kMaxBundledEntryBytes = 0xffff;
constexpr std::size_t kMaxBundleBytes = kTileWidth * (2 + kMaxBundledEntryBytes);

// The entries one after the other, each behind its length in two bytes, the
// higher one first. Source: c2sp.org/tlog-tiles, "Log entries".
// Errors: InvalidArgument unless there are 1 to kTileWidth entries of at most
//         kMaxBundledEntryBytes each.
StatusOr<std::string> EncodeEntryBundle(std::span<const std::string_view> entries);

// The `width` entries of a bundle, in place: `bytes` must outlive them. Whether
// they are the tree's: compare their leaf hashes with the tile of level 0.
// Errors: InvalidArgument unless `width` is 1 to kTileWidth and `bytes` hold that
//         many entries and nothing behind them.
StatusOr<std::vector<std::string_view>> DecodeEntryBundle(std::string_view bytes,
                                                          std::size_t width);

}  // namespace svidence::ledger
