// Hex and base64, strict in both directions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"

namespace svidence {

// Lower-case hex.
std::string HexEncode(std::span<const std::uint8_t> bytes);
// Errors: InvalidArgument on odd length or a character outside [0-9a-f].
StatusOr<std::string> HexDecode(std::string_view hex);

// Base64 with padding. Source: RFC 4648, section 4.
std::string Base64Encode(std::span<const std::uint8_t> bytes);
// Errors: InvalidArgument on missing padding, foreign characters, white space,
//         or non-zero bits behind the last byte: one value has one spelling.
StatusOr<std::string> Base64Decode(std::string_view text);

// Base64url without padding. Source: RFC 4648, section 5; RFC 7515.
std::string Base64UrlEncode(std::span<const std::uint8_t> bytes);
StatusOr<std::string> Base64UrlDecode(std::string_view text);

// "sha256:" and 64 lower-case hex digits: how entries write digests.
std::string DigestText(const Digest& digest);
// Errors: InvalidArgument if `text` is not of that form.
StatusOr<Digest> ParseDigestText(std::string_view text);

// The bytes of `text`, without a copy.
inline std::span<const std::uint8_t> BytesOf(std::string_view text) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char and uint8_t alias.
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view TextOf(std::span<const std::uint8_t> bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): char and uint8_t alias.
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace svidence
