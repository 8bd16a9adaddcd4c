// The small pieces that the ledger's signed texts are made of: lines, decimals,
// hashes in base64. One value has one spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"

namespace svidence::ledger {

// The largest tree size, index and time in any of the texts: readers in Go take
// them as int64.
constexpr std::uint64_t kMaxTextNumber = (std::uint64_t{1} << 63U) - 1;

// A hash in base64, without its line feed.
constexpr std::size_t kHashTextBytes = 44;

// Takes what stands before the next line feed off the front of `rest`, and the
// line feed too. nullopt: there is none, `rest` is as it was.
std::optional<std::string_view> TakeLine(std::string_view& rest);

// Takes the line "<key> <value>" with its line feed off the front of `rest` and
// gives the value. nullopt: another line, or none, stands there; `rest` is as it was.
std::optional<std::string_view> TakeField(std::string_view& rest, std::string_view key);

// Decimal digits without sign or leading zero, at most kMaxTextNumber.
std::optional<std::uint64_t> ParseDecimal(std::string_view text);

// Appends base64 of `hash`, 44 characters. Written out, because one issued
// identity needs it up to 64 times.
void AppendHash(std::string& out, const Digest& hash);
std::optional<Digest> ParseHash(std::string_view text);

}  // namespace svidence::ledger
