// Commitments: how an entry may bind to what names a person without saying it.
//
//   commitment = SHA-256("svidence/commit/v1" 00 || u8 field || salt[32] || value)
//
// Whoever has salt and value can show that they are what an entry bound to; without the
// salt nobody can guess, not even a value of little entropy such as an e-mail address.
// Salt and value live in the erasable table and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "attestors/base/digest.h"

namespace svidence::sponsor {

// What a value is; the numbers never change.
enum class CommitField : std::uint8_t {
  kPerson = 1,  // name or e-mail
};

// Drawn at random for each value of each entry.
using CommitSalt = std::array<std::uint8_t, 32>;

Digest Commit(const Hasher& hasher, CommitField field, const CommitSalt& salt,
              std::string_view value);

}  // namespace svidence::sponsor
