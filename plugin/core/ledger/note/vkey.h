// Verifier keys of signed notes: the public half of a log's or a witness's key,
// as text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"

namespace svidence::ledger {

// An Ed25519 public key. Source: RFC 8032.
using PublicKey = std::array<std::uint8_t, 32>;

constexpr std::size_t kMaxKeyNameBytes = 512;

// What a key signs; the number goes into its ID, so that a signature of one type
// is never looked at as one of another.
// Source: c2sp.org/signed-note, "Signature types".
enum class KeyType : std::uint8_t {
  kEd25519 = 0x01,      // the text of a note: a log
  kCosignature = 0x04,  // time and text of a checkpoint: a witness
};

// An Ed25519 key with the name it signs under: for a log its origin.
struct Vkey {
  std::string name;
  PublicKey key{};
  KeyType type = KeyType::kEd25519;

  friend bool operator==(const Vkey&, const Vkey&) = default;
};

// A name that a key of ours may have: 1..kMaxKeyNameBytes visible ASCII
// characters, no '+', no '"', no '\'.
bool IsKeyName(std::string_view name);

// A name that a key of others may have: 1..kMaxKeyNameBytes of UTF-8 without
// control characters below U+0020, '+' and Unicode spaces. Each IsKeyName is one.
// Source: c2sp.org/signed-note, "Format".
bool IsNoteKeyName(std::string_view name);

// First four bytes of SHA-256(name || 0x0A || type || key), big-endian.
// Source: c2sp.org/signed-note, "Signatures".
std::uint32_t KeyId(const Hasher& hasher, const Vkey& vkey);

// "<name>+<8 hex digits of the key ID>+<base64 of type || key>".
std::string FormatVkey(const Hasher& hasher, const Vkey& vkey);
// Reads a key that is to be of `type`. The name is any IsNoteKeyName.
// Errors: InvalidArgument on another form, another type, or an ID that is not
//         that of name and key.
StatusOr<Vkey> ParseVkey(const Hasher& hasher, std::string_view text,
                         KeyType type = KeyType::kEd25519);

}  // namespace svidence::ledger
