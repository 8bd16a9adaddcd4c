// SHA-256 for `--sha256`, without OpenSSL: the shim is static and small.
// Source: FIPS 180-4, section 6.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/shim/result.h"

namespace svidence::shim {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  void Update(std::string_view bytes);
  // Ends the message; the object is not to be used afterwards.
  Sha256Digest Finish();

 private:
  static constexpr std::size_t kBlockBytes = 64;

  void Compress(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, kBlockBytes> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_bytes_ = 0;
};

// The digest of the whole file open at `fd`, whose offset does not move.
Result<Sha256Digest> HashFile(int fd);

std::string ToHex(const Sha256Digest& digest);
// 64 hexadecimal digits of either case, nothing else.
std::optional<Sha256Digest> ParseSha256(std::string_view hex);

}  // namespace svidence::shim
