#include "attestors/base/encoding.h"

#include <array>
#include <cstddef>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kDigestPrefix = "sha256:";

std::string Encode64(std::span<const std::uint8_t> bytes, std::string_view alphabet, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < left ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= left) {
        text += alphabet[group >> (18U - 6U * k) & 0x3fU];
      } else if (pad) {
        text += '=';
      }
    }
  }
  return text;
}

// `text` has no padding any more.
StatusOr<std::string> Decode64(std::string_view text, std::string_view alphabet) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return InvalidArgument("not base64: " + Quote(text));
    group = group << 6U | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 0xffU);
    }
  }
  const bool spare_bits_set = (group & ((1U << bits) - 1U)) != 0;
  if (bits >= 6 || spare_bits_set) return InvalidArgument("not base64: " + Quote(text));
  return bytes;
}

}  // namespace

std::string HexEncode(std::span<const std::uint8_t> bytes) {
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    hex += kHexDigits[byte >> 4U];
    hex += kHexDigits[byte & 0xfU];
  }
  return hex;
}

StatusOr<std::string> HexDecode(std::string_view hex) {
  if (hex.size() % 2 != 0) return InvalidArgument("hex must have an even number of digits");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kHexDigits.find(hex[i]);
    const std::size_t low = kHexDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) {
      return InvalidArgument("not lower-case hex: " + Quote(hex));
    }
    bytes += static_cast<char>(high << 4U | low);
  }
  return bytes;
}

std::string Base64Encode(std::span<const std::uint8_t> bytes) {
  return Encode64(bytes, kBase64, true);
}

StatusOr<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return InvalidArgument("base64 must be padded: " + Quote(text));
  std::string_view body = text;
  for (int i = 0; i < 2 && !body.empty() && body.back() == '='; ++i) body.remove_suffix(1);
  return Decode64(body, kBase64);
}

std::string Base64UrlEncode(std::span<const std::uint8_t> bytes) {
  return Encode64(bytes, kBase64Url, false);
}

StatusOr<std::string> Base64UrlDecode(std::string_view text) { return Decode64(text, kBase64Url); }

std::string DigestText(const Digest& digest) {
  return std::string(kDigestPrefix) + HexEncode(digest);
}

StatusOr<Digest> ParseDigestText(std::string_view text) {
  if (!text.starts_with(kDigestPrefix)) {
    return InvalidArgument("digest must begin with \"sha256:\", got " + Quote(text));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string bytes, HexDecode(text.substr(kDigestPrefix.size())));
  Digest digest{};
  if (bytes.size() != digest.size()) {
    return InvalidArgument("digest must have 64 hex digits, got " + Quote(text));
  }
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(bytes[i]);
  return digest;
}

}  // namespace svidence
