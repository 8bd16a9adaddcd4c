#include "plugin/core/trust/decay.h"

#include <algorithm>

namespace svidence::trust {
namespace {

// Products of two 62-bit fractions reach 2^124.
__extension__ using Wide = unsigned __int128;

constexpr unsigned kFactorBits = 62;
constexpr std::uint64_t kOne = std::uint64_t{1} << kFactorBits;
constexpr std::int64_t kMaxHalvings = 32;  // 10000 * 2^-32 is less than any hundredth

constexpr DecayTable kTable = {
    0x2d413cccfe779921, 0x35d13f32b5a75abd, 0x3ab031b9f7490e4b, 0x3d495f454921b30b,
    0x3ea0ecb6dc8a80ce, 0x3f4f83033d21b05d, 0x3fa784571ee3e212, 0x3fd3b2d65447b229,
    0x3fe9d59487236bb4, 0x3ff4e9d4703df842, 0x3ffa74acbdf6c9d5, 0x3ffd3a46ffc6e30f,
    0x3ffe9d1fa8010199, 0x3fff4e8ede053ad4, 0x3fffa747318376ac, 0x3fffd3a38961e6fe,
    0x3fffe9d1c0d8fd14, 0x3ffff4e8df7680c4, 0x3ffffa746f7dc0eb, 0x3ffffd3a37af8097,
    0x3ffffe9d1bd3e854, 0x3fffff4e8de8fe2c, 0x3fffffa746f44196, 0x3fffffd3a37a116b};
constexpr unsigned kFractionBits = kTable.size();

std::uint64_t Multiply(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::uint64_t>(Wide{a} * b >> kFactorBits);
}

// 2^-(fraction / 2^24) in units of 2^-62, rounded down; `fraction` < 2^24.
std::uint64_t Factor(std::uint64_t fraction) {
  std::uint64_t factor = kOne;
  for (unsigned k = 0; k < kFractionBits; ++k) {
    if ((fraction >> (kFractionBits - 1 - k) & 1U) != 0) factor = Multiply(factor, kTable[k]);
  }
  return factor;
}

}  // namespace

const DecayTable& GetDecayTable() { return kTable; }

Score Decay(Score score, const DecayRule& rule, std::int64_t elapsed) {
  score = std::clamp<Score>(score, 0, kMaxScore);
  const Score floor = std::clamp<Score>(rule.floor, 0, kMaxScore);
  const std::int64_t half_life = std::clamp<std::int64_t>(rule.half_life, 1, kMaxHalfLife);
  const std::int64_t hold = std::clamp<std::int64_t>(rule.hold, 0, kMaxHold);
  if (score <= floor) return score;

  const std::int64_t time = std::max<std::int64_t>(std::max<std::int64_t>(elapsed, 0) - hold, 0);
  std::int64_t halvings = time / half_life;
  if (halvings >= kMaxHalvings) return floor;

  // Rounded up, so that the factor is rounded down. The remainder is below
  // 2^29, so the product stays below 2^53.
  std::int64_t fraction = ((time % half_life << kFractionBits) + half_life - 1) / half_life;
  if (fraction == std::int64_t{1} << kFractionBits) {
    ++halvings;
    fraction = 0;
  }
  const std::uint64_t factor = Factor(static_cast<std::uint64_t>(fraction)) >> halvings;
  return floor + static_cast<Score>(Multiply(static_cast<std::uint64_t>(score - floor), factor));
}

}  // namespace svidence::trust
