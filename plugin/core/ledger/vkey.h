// Verifier keys of signed notes: the public half of a log's key, as text.
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

// An Ed25519 key with the name it signs under: for a log its origin.
struct Vkey {
  std::string name;
  PublicKey key{};

  friend bool operator==(const Vkey&, const Vkey&) = default;
};

// A name that a key may have: 1..kMaxKeyNameBytes visible ASCII characters, no
// '+', no '"', no '\'.
bool IsKeyName(std::string_view name);

// First four bytes of SHA-256(name || 0x0A || 0x01 || key), big-endian.
// Source: c2sp.org/signed-note, "Signatures", type 0x01.
std::uint32_t KeyId(const Hasher& hasher, const Vkey& vkey);

// "<name>+<8 hex digits of the key ID>+<base64 of 0x01 || key>".
std::string FormatVkey(const Hasher& hasher, const Vkey& vkey);
// Errors: InvalidArgument on another form, another algorithm, or an ID that is
//         not that of name and key.
StatusOr<Vkey> ParseVkey(const Hasher& hasher, std::string_view text);

}  // namespace svidence::ledger
