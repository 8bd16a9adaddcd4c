// The kernel's random number generator.
#pragma once

#include "attestors/base/random.h"

namespace svidence::linux_os {

// Thread-safe, without state.
class SystemRandom final : public Random {
 public:
  // Blocks only early in boot, until the kernel has gathered enough entropy.
  // Aborts if the kernel has no getrandom: no secret may be drawn then.
  // Source: getrandom(2).
  void Fill(std::span<std::uint8_t> out) override;
};

}  // namespace svidence::linux_os
