#include "plugin/shim/sha256.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include <unistd.h>

namespace svidence::shim {
namespace {

constexpr std::size_t kLengthBytes = 8;
// On the stack; small, as the shim's memory is.
constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t ReadBigEndian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | std::uint32_t{bytes[3]};
}

void WriteBigEndian(std::uint64_t value, std::size_t size, std::uint8_t* out) {
  for (std::size_t i = size; i > 0; --i, value >>= 8U) {
    out[i - 1] = static_cast<std::uint8_t>(value & 0xFFU);
  }
}

std::optional<std::uint8_t> HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<std::uint8_t>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<std::uint8_t>(digit - 'A' + 10);
  return std::nullopt;
}

}  // namespace

void Sha256::Compress(const std::uint8_t* block) {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t t = 0; t < 16; ++t) w[t] = ReadBigEndian(block + 4 * t);
  for (std::size_t t = 16; t < w.size(); ++t) {
    const std::uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3U);
    const std::uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10U);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  std::array<std::uint32_t, 8> v = state_;  // a to h
  for (std::size_t t = 0; t < w.size(); ++t) {
    const std::uint32_t sum1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
    const std::uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    const std::uint32_t t1 = v[7] + sum1 + choice + kRoundConstants[t] + w[t];
    const std::uint32_t sum0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
    const std::uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    v = {t1 + sum0 + majority, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
  }
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] += v[i];
}

void Sha256::Update(std::string_view bytes) {
  total_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t take = std::min(kBlockBytes - filled_, bytes.size());
    std::copy_n(bytes.begin(), take, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += take;
    bytes.remove_prefix(take);
    if (filled_ < kBlockBytes) return;
    Compress(block_.data());
    filled_ = 0;
  }
}

Sha256Digest Sha256::Finish() {
  const std::uint64_t bits = total_bytes_ * 8;
  Update(std::string_view("\x80", 1));
  if (filled_ > kBlockBytes - kLengthBytes) Update(std::string(kBlockBytes - filled_, '\0'));
  Update(std::string(kBlockBytes - kLengthBytes - filled_, '\0'));
  WriteBigEndian(bits, kLengthBytes, block_.data() + kBlockBytes - kLengthBytes);
  Compress(block_.data());
  Sha256Digest digest;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    WriteBigEndian(state_[i], sizeof(std::uint32_t), digest.data() + i * sizeof(std::uint32_t));
  }
  return digest;
}

Result<Sha256Digest> HashFile(int fd) {
  Sha256 hash;
  std::array<char, kReadBytes> buffer{};
  off_t offset = 0;
  while (true) {
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{.text = Explain("reading", errno)};
    if (got == 0) return hash.Finish();
    hash.Update(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    offset += got;
  }
}

std::string ToHex(const Sha256Digest& digest) {
  std::string hex;
  for (const std::uint8_t byte : digest) {
    hex += kHexDigits[byte >> 4U];
    hex += kHexDigits[byte & 0xFU];
  }
  return hex;
}

std::optional<Sha256Digest> ParseSha256(std::string_view hex) {
  Sha256Digest digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::optional<std::uint8_t> high = HexValue(hex[2 * i]);
    const std::optional<std::uint8_t> low = HexValue(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return digest;
}

}  // namespace svidence::shim
