// Time, as a port.
#pragma once

#include <cstdint>

namespace svidence {

class Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01T00:00:00Z, CLOCK_REALTIME. May step back.
  virtual std::int64_t UnixMillis() const = 0;
  // Milliseconds that never step back; for timeouts and ages only.
  virtual std::int64_t MonotonicMillis() const = 0;
};

}  // namespace svidence
