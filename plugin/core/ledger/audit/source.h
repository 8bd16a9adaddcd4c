// Ports: where the entries come from that somebody wants to verify.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/defect.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/tree/tile.h"

namespace svidence::ledger {

// A block of entries holds at most this, but at least one entry.
constexpr std::size_t kMaxBlockBytes = std::size_t{1} << 20U;

// Neighbouring entries, as they were found.
struct EntryBlock {
  // Exact bytes; valid until the reader that gave them is asked again.
  std::vector<std::string_view> entries{};
  // The leaf hash that the source has beside each; none if it has none.
  std::vector<Digest> leaves{};
  // What is wrong with the source at the entry behind these.
  std::optional<Defect> defect{};
};

// One reader of a source. One caller at a time.
class EntryReader {
 public:
  virtual ~EntryReader() = default;

  // 1 to `max_entries` entries from index `first` on, as many as are at hand within
  // kMaxBlockBytes; none at the end of the source. Damage is no error.
  // Errors: what keeps the source from reading.
  virtual Status Read(EntryIndex first, std::size_t max_entries, EntryBlock& block) = 0;

  // The hashes that the source publishes as `tile`, of a level above 0; none if it
  // publishes none at all. Never trusted.
  // Errors: NotFound if just this one is not there; DataLoss if it is no tile; what
  //         keeps it from reading.
  virtual StatusOr<std::vector<Digest>> ReadTile(const TileId& /*tile*/) {
    return std::vector<Digest>{};
  }
};

// What is verified: StoreSource, LinesSource, TilesSource.
class EntrySource {
 public:
  virtual ~EntrySource() = default;

  // How many entries there should be; nullopt: as many as there are. Called once,
  // before any reader is opened.
  // Errors: what keeps the source from reading.
  virtual StatusOr<std::optional<EntryIndex>> Size() = 0;
  // One for each thread; the source must outlive it. Called by one thread.
  virtual StatusOr<std::unique_ptr<EntryReader>> OpenReader() = 0;
  // Does the source end where its entries were found to end? nullopt: yes.
  virtual StatusOr<std::optional<Defect>> CheckEnd(const Head& /*found*/) {
    return std::optional<Defect>{};
  }
};

}  // namespace svidence::ledger
