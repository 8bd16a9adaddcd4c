// The kernel's clocks.
#pragma once

#include "attestors/base/clock.h"

namespace svidence::linux_os {

// Thread-safe, without state.
class SystemClock final : public Clock {
 public:
  std::int64_t UnixMillis() const override;
  // CLOCK_MONOTONIC. Source: clock_gettime(2).
  std::int64_t MonotonicMillis() const override;
};

}  // namespace svidence::linux_os
