// Paths of tiles come from whoever asks the server, bundles from whatever server a
// monitor reads. What is read is written again byte for byte: a tile has one path,
// and entries have one bundle.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/tree/entry_bundle.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace {

namespace ledger = svidence::ledger;

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

void CheckPath(std::string_view text) {
  const auto tile = ledger::ParseTilePath(text);
  if (tile.ok()) Demand(ledger::IsTile(*tile) && ledger::FormatTilePath(*tile) == text);
}

void CheckBundle(std::string_view bytes, std::size_t width) {
  const auto entries = ledger::DecodeEntryBundle(bytes, width);
  if (!entries.ok()) return;
  Demand(entries->size() == width);
  const auto encoded = ledger::EncodeEntryBundle(*entries);
  Demand(encoded.ok() && *encoded == bytes);
}

void CheckTile(std::string_view bytes, std::size_t width) {
  const auto hashes = ledger::DecodeTile(bytes, width);
  if (!hashes.ok()) return;
  const auto encoded = ledger::EncodeTile(*hashes);
  Demand(encoded.ok() && *encoded == bytes);
}

}  // namespace

// A path, or one byte of width and a bundle or tile.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckPath(text);
  if (size == 0) return 0;
  const std::size_t width = std::size_t{data[0]} + 1;
  CheckBundle(text.substr(1), width);
  CheckTile(text.substr(1), width);
  return 0;
}
