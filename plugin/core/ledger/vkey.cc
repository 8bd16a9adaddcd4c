#include "plugin/core/ledger/vkey.h"

#include <algorithm>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr char kEd25519 = '\x01';

std::string KeyBytes(const PublicKey& key) { return kEd25519 + std::string(TextOf(key)); }

std::string HexId(std::uint32_t id) {
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(id >> 24U), static_cast<std::uint8_t>(id >> 16U),
      static_cast<std::uint8_t>(id >> 8U), static_cast<std::uint8_t>(id)};
  return HexEncode(bytes);
}

}  // namespace

bool IsKeyName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxKeyNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '+' && c != '"' && c != '\\';
         });
}

std::uint32_t KeyId(const Hasher& hasher, const Vkey& vkey) {
  const Digest digest = hasher.Sha256({vkey.name, "\n", KeyBytes(vkey.key)});
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8U | digest[i];
  return id;
}

std::string FormatVkey(const Hasher& hasher, const Vkey& vkey) {
  return vkey.name + '+' + HexId(KeyId(hasher, vkey)) + '+' +
         Base64Encode(BytesOf(KeyBytes(vkey.key)));
}

StatusOr<Vkey> ParseVkey(const Hasher& hasher, std::string_view text) {
  const Status malformed =
      InvalidArgument("a log's key must have the form name+hash+key, got " + Quote(text, 256));
  // A name has no '+', the base64 may.
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return malformed;
  const std::size_t second = text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed;

  Vkey vkey{.name = std::string(text.substr(0, first)), .key = {}};
  const StatusOr<std::string> bytes = Base64Decode(text.substr(second + 1));
  if (!IsKeyName(vkey.name) || !bytes.ok() || bytes->size() != vkey.key.size() + 1) {
    return malformed;
  }
  if (bytes->front() != kEd25519) {
    return InvalidArgument("a log's key must be of algorithm 1, Ed25519, got " + Quote(text, 256));
  }
  std::copy(bytes->begin() + 1, bytes->end(), vkey.key.begin());
  if (text.substr(first + 1, second - first - 1) != HexId(KeyId(hasher, vkey))) {
    return InvalidArgument("the hash in the log's key does not fit its name and key: " +
                           Quote(text, 256));
  }
  return vkey;
}

}  // namespace svidence::ledger
