// SHA-256 digests, and the port through which pure code makes them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace svidence {

using Digest = std::array<std::uint8_t, 32>;

// Port: SHA-256. Implemented over OpenSSL by plugin/adapters/openssl.
class Hasher {
 public:
  virtual ~Hasher() = default;

  // SHA-256 of the parts, one after the other. Thread-safe. Aborts if the
  // library cannot hash at all (no memory): nothing may be issued then.
  // Source: FIPS 180-4.
  virtual Digest Sha256(std::initializer_list<std::string_view> parts) const = 0;
};

}  // namespace svidence
