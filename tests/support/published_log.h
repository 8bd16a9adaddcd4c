// A published log in memory: checkpoint, tiles and bundles of some entries.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/audit/lines_source.h"
#include "plugin/core/ledger/audit/tiles_source.h"
#include "plugin/core/ledger/batch_seal.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/publish/place.h"
#include "plugin/core/ledger/store.h"
#include "plugin/core/ledger/tree/entry_bundle.h"
#include "plugin/core/ledger/tree/tile_path.h"
#include "tests/support/fake_node_reader.h"

namespace svidence::testing {

// By path, as c2sp.org/tlog-tiles has it.
using PublishedFiles = std::map<std::string, std::string, std::less<>>;

inline Digest RootOf(const Hasher& hasher, const std::vector<ledger::StoredEntry>& entries) {
  ledger::CompactRange range;
  for (const ledger::StoredEntry& entry : entries) {
    (void)range.Append(hasher, ledger::LeafHash(hasher, entry.bytes));  // far below the bound
  }
  return range.Root(hasher);
}

// All that a log of these entries publishes, its checkpoint signed by `log`.
inline PublishedFiles Publish(const Hasher& hasher, const ledger::NoteSigner& log,
                              const std::vector<ledger::StoredEntry>& entries) {
  PublishedFiles files;
  FakeNodeReader nodes;
  ledger::CompactRange range;
  for (const ledger::StoredEntry& entry : entries) {
    (void)range.Append(hasher, ledger::LeafHash(hasher, entry.bytes), nodes.Observer());
  }
  const auto write = [&](ledger::TileId tile) {
    std::vector<Digest> hashes;
    std::vector<std::string_view> bundle;
    for (std::size_t i = 0; i < tile.width; ++i) {
      const std::uint64_t index = tile.index * ledger::kTileWidth + i;
      hashes.push_back(nodes.nodes().at({tile.level * ledger::kTileHeight, index}));
      if (tile.level == 0) bundle.emplace_back(entries[static_cast<std::size_t>(index)].bytes);
    }
    files[ledger::FormatTilePath(tile)] = *ledger::EncodeTile(hashes);
    if (tile.level != 0) return;
    tile.kind = ledger::TileKind::kEntries;
    files[ledger::FormatTilePath(tile)] = *ledger::EncodeEntryBundle(bundle);
  };
  for (const ledger::TileSpan& span : ledger::NewTiles(0, entries.size())) {
    for (std::uint64_t i = span.first; i < span.end; ++i) write({.level = span.level, .index = i});
    if (span.partial_width == 0) continue;
    write({.level = span.level, .index = span.end, .width = span.partial_width});
  }
  files[std::string(ledger::kCheckpointPath)] =
      *ledger::SignTree(log, entries.size(), range.Root(hasher));
  return files;
}

// `files` must outlive it.
class PublishedReader final : public ledger::TileReader {
 public:
  explicit PublishedReader(const PublishedFiles& files) : files_(files) {}

  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return NotFound("there is no " + Quote(path));
    if (found->second.size() > max_bytes) return DataLoss(Quote(path) + " is too long");
    return found->second;
  }

 private:
  const PublishedFiles& files_;
};

inline ledger::OpenTiles OpenerOf(const PublishedFiles& files) {
  return [&files] {
    return StatusOr<std::unique_ptr<ledger::TileReader>>(std::make_unique<PublishedReader>(files));
  };
}

// A file in memory.
class MemoryFile final : public ledger::ByteFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Status ReadAt(std::uint64_t offset, std::size_t max_bytes, std::string& bytes) const override {
    bytes = offset < bytes_.size() ? bytes_.substr(static_cast<std::size_t>(offset), max_bytes)
                                   : std::string();
    return OkStatus();
  }

 private:
  const std::string bytes_;
};

inline std::string ExportOf(const std::vector<ledger::StoredEntry>& entries) {
  std::string text;
  for (const ledger::StoredEntry& entry : entries) text += entry.bytes + '\n';
  return text;
}

}  // namespace svidence::testing
