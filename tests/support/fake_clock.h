// A clock that a test sets by hand.
#pragma once

#include <atomic>
#include <cstdint>

#include "attestors/base/clock.h"

namespace svidence::testing {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t unix_millis = 1795456800000, std::int64_t monotonic_millis = 1000)
      : unix_(unix_millis), monotonic_(monotonic_millis) {}

  std::int64_t UnixMillis() const override { return unix_; }
  std::int64_t MonotonicMillis() const override { return monotonic_; }

  // Both clocks; what the machine does while nobody sets its clock.
  void Advance(std::int64_t millis) {
    unix_ += millis;
    monotonic_ += millis;
  }
  // Somebody set the clock; only the wall clock steps.
  void SetUnixMillis(std::int64_t millis) { unix_ = millis; }

 private:
  std::atomic<std::int64_t> unix_;
  std::atomic<std::int64_t> monotonic_;
};

}  // namespace svidence::testing
