// How trust decays: integers only, so that every implementation agrees.
#pragma once

#include <array>
#include <cstdint>

namespace svidence::trust {

// Hundredths of a point, 0..10000: 8750 is a score of 87.50.
using Score = std::int64_t;
constexpr Score kMaxScore = 10000;
constexpr std::int64_t kMaxHalfLife = 315'360'000;  // seconds: ten years
constexpr std::int64_t kMaxHold = kMaxHalfLife;

// The decay rule of one score. Times and durations are seconds.
struct DecayRule {
  std::int64_t half_life = 1;  // 1..kMaxHalfLife
  Score floor = 0;             // 0..kMaxScore
  std::int64_t hold = 0;       // 0..kMaxHold: no decay for this long after the score was set

  friend bool operator==(const DecayRule&, const DecayRule&) = default;
};

// The score `elapsed` seconds after it was set:
// floor + (score - floor) * 2^(-(elapsed - hold) / half_life), rounded down, so
// that trust is never over-stated. A negative `elapsed` counts as 0; a score at
// or below the floor stays. Values out of range are clamped.
// Source: docs/formats/claims.md, "Decay"; vectors in tests/golden/decay.
Score Decay(Score score, const DecayRule& rule, std::int64_t elapsed);

// C[k] = floor(2^(-1/2^(k+1)) * 2^62): what the rule multiplies with. Part of
// the format, never changed.
using DecayTable = std::array<std::uint64_t, 24>;
const DecayTable& GetDecayTable();

}  // namespace svidence::trust
