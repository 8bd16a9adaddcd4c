// Randomness, as a port.
#pragma once

#include <cstdint>
#include <span>

namespace svidence {

class Random {
 public:
  virtual ~Random() = default;

  // Fills `out` with bytes that nobody can predict. Thread-safe.
  virtual void Fill(std::span<std::uint8_t> out) = 0;
};

}  // namespace svidence
