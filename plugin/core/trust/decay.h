// How trust decays: integers only, so that every implementation agrees.
#pragma once

#include <cstdint>

namespace svidence::trust {

// Hundredths of a point, 0..10000: 8750 is a score of 87.50.
using Score = std::int64_t;
constexpr Score kMaxScore = 10000;

// The decay rule of one score. Times and durations are seconds.
struct DecayRule {
  std::int64_t half_life = 1;  // 1..315360000
  Score floor = 0;             // 0..kMaxScore
  std::int64_t hold = 0;       // no decay for this long after the score was set; >= 0

  friend bool operator==(const DecayRule&, const DecayRule&) = default;
};

// The score `elapsed` seconds after it was set:
// floor + (score - floor) * 2^(-(elapsed - hold) / half_life), rounded down, so
// that trust is never over-stated. A negative `elapsed` counts as 0; a score at
// or below the floor stays. Values out of range are clamped.
// Source: docs/formats/claims.md, "Decay"; vectors in tests/golden/decay.
Score Decay(Score score, const DecayRule& rule, std::int64_t elapsed);

}  // namespace svidence::trust
