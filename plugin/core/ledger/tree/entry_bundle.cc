#include "plugin/core/ledger/tree/entry_bundle.h"

#include <cstdint>

namespace svidence::ledger {
namespace {

constexpr std::size_t kLengthBytes = 2;

Status CheckWidth(std::size_t width) {
  if (width >= 1 && width <= kTileWidth) return OkStatus();
  return InvalidArgument("an entry bundle must have 1 to 256 entries, got " +
                         std::to_string(width));
}

std::size_t LengthAt(std::string_view bytes) {
  return std::size_t{static_cast<std::uint8_t>(bytes[0])} << 8U |
         std::size_t{static_cast<std::uint8_t>(bytes[1])};
}

}  // namespace

StatusOr<std::string> EncodeEntryBundle(std::span<const std::string_view> entries) {
  SVIDENCE_RETURN_IF_ERROR(CheckWidth(entries.size()));
  std::string bytes;
  for (const std::string_view entry : entries) {
    if (entry.size() > kMaxBundledEntryBytes) {
      return InvalidArgument("an entry in a bundle must have at most 65535 bytes, got " +
                             std::to_string(entry.size()));
    }
    bytes += static_cast<char>(entry.size() >> 8U);
    bytes += static_cast<char>(entry.size() & 0xffU);
    bytes += entry;
  }
  return bytes;
}

StatusOr<std::vector<std::string_view>> DecodeEntryBundle(std::string_view bytes,
                                                          std::size_t width) {
  SVIDENCE_RETURN_IF_ERROR(CheckWidth(width));
  std::vector<std::string_view> entries;
  entries.reserve(width);
  std::string_view rest = bytes;
  while (entries.size() < width) {
    const std::size_t length = rest.size() < kLengthBytes ? 0 : LengthAt(rest);
    if (rest.size() < kLengthBytes + length) {
      return InvalidArgument("an entry bundle must have " + std::to_string(width) +
                             " entries, it ends in entry " + std::to_string(entries.size()));
    }
    entries.push_back(rest.substr(kLengthBytes, length));
    rest.remove_prefix(kLengthBytes + length);
  }
  if (!rest.empty()) {
    return InvalidArgument("nothing may follow the " + std::to_string(width) +
                           " entries of a bundle, there are " + std::to_string(rest.size()) +
                           " bytes more");
  }
  return entries;
}

}  // namespace svidence::ledger
