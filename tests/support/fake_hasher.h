// A Hasher without a library: fast, repeatable, and no SHA-256.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "attestors/base/digest.h"

namespace svidence::testing {

// Different inputs of a test give different digests; the split into parts does
// not matter, as with the real one.
class FakeHasher final : public Hasher {
 public:
  Digest Sha256(std::initializer_list<std::string_view> parts) const override {
    std::uint64_t state = 14695981039346656037U;  // FNV-1a
    for (const std::string_view part : parts) {
      for (const char c : part) {
        state = (state ^ static_cast<unsigned char>(c)) * 1099511628211U;
      }
    }
    Digest digest{};
    for (std::uint8_t& byte : digest) {
      state = (state ^ 0xffU) * 1099511628211U;
      byte = static_cast<std::uint8_t>(state >> 56U);
    }
    return digest;
  }
};

}  // namespace svidence::testing
