#include "plugin/core/ledger/note/vkey.h"

#include <algorithm>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

std::string KeyBytes(const Vkey& vkey) {
  return static_cast<char>(vkey.type) + std::string(TextOf(vkey.key));
}

std::string HexId(std::uint32_t id) {
  const std::array<std::uint8_t, 4> bytes{
      static_cast<std::uint8_t>(id >> 24U), static_cast<std::uint8_t>(id >> 16U),
      static_cast<std::uint8_t>(id >> 8U), static_cast<std::uint8_t>(id)};
  return HexEncode(bytes);
}

std::string_view KeyOwner(KeyType type) {
  return type == KeyType::kEd25519 ? "a log's key" : "a witness's key";
}

// Does `name` hold one of Unicode's White_Space characters beyond ASCII? They
// are searched as bytes, which is exact: no UTF-8 character's bytes stand within
// another's.
bool HoldsUnicodeSpace(std::string_view name) {
  constexpr std::array<std::string_view, 8> kSpaces{
      "\xc2\x85",      // U+0085
      "\xc2\xa0",      // U+00A0
      "\xe1\x9a\x80",  // U+1680
      "\xe2\x80\xa8",  // U+2028
      "\xe2\x80\xa9",  // U+2029
      "\xe2\x80\xaf",  // U+202F
      "\xe2\x81\x9f",  // U+205F
      "\xe3\x80\x80",  // U+3000
  };
  if (std::any_of(kSpaces.begin(), kSpaces.end(), [name](std::string_view space) {
        return name.find(space) != std::string_view::npos;
      })) {
    return true;
  }
  // U+2000 to U+200A.
  for (std::size_t at = name.find("\xe2\x80"); at != std::string_view::npos;
       at = name.find("\xe2\x80", at + 1)) {
    if (at + 2 < name.size() && static_cast<unsigned char>(name[at + 2]) <= 0x8aU) return true;
  }
  return false;
}

}  // namespace

bool IsKeyName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxKeyNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '+' && c != '"' && c != '\\';
         });
}

bool IsNoteKeyName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxKeyNameBytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '+'; }) &&
         IsUtf8(name) && !HoldsUnicodeSpace(name);
}

std::uint32_t KeyId(const Hasher& hasher, const Vkey& vkey) {
  const Digest digest = hasher.Sha256({vkey.name, "\n", KeyBytes(vkey)});
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8U | digest[i];
  return id;
}

std::string FormatVkey(const Hasher& hasher, const Vkey& vkey) {
  return vkey.name + '+' + HexId(KeyId(hasher, vkey)) + '+' + Base64Encode(BytesOf(KeyBytes(vkey)));
}

StatusOr<Vkey> ParseVkey(const Hasher& hasher, std::string_view text, KeyType type) {
  const std::string owner(KeyOwner(type));
  const Status malformed =
      InvalidArgument(owner + " must have the form name+hash+key, got " + Quote(text, 256));
  // A name has no '+', the base64 may.
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return malformed;
  const std::size_t second = text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed;

  Vkey vkey{.name = std::string(text.substr(0, first)), .key = {}, .type = type};
  const StatusOr<std::string> bytes = Base64Decode(text.substr(second + 1));
  if (!IsNoteKeyName(vkey.name) || !bytes.ok() || bytes->empty()) return malformed;
  if (static_cast<std::uint8_t>(bytes->front()) != static_cast<std::uint8_t>(type)) {
    return InvalidArgument(owner + " must be of type " + std::to_string(static_cast<int>(type)) +
                           ", got " + Quote(text, 256));
  }
  if (bytes->size() != vkey.key.size() + 1) return malformed;
  std::copy(bytes->begin() + 1, bytes->end(), vkey.key.begin());
  if (text.substr(first + 1, second - first - 1) != HexId(KeyId(hasher, vkey))) {
    return InvalidArgument("the hash in " + owner +
                           " does not fit its name and key: " + Quote(text, 256));
  }
  return vkey;
}

}  // namespace svidence::ledger
