// Randomness that a test can foretell.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "attestors/base/random.h"

namespace svidence::testing {

// Counts up: every byte of the first call is 0, of the second 1. Thread-safe.
class FakeRandom final : public Random {
 public:
  void Fill(std::span<std::uint8_t> out) override {
    const std::uint8_t value = next_++;
    for (std::uint8_t& byte : out) byte = value;
  }

 private:
  std::atomic<std::uint8_t> next_ = 0;
};

}  // namespace svidence::testing
