#include "plugin/adapters/linux/system_clock.h"

#include <ctime>

namespace svidence::linux_os {
namespace {

std::int64_t Millis(clockid_t clock) {
  timespec now{};
  // Fails only for a clock that does not exist; both exist since Linux 2.6.
  (void)clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t SystemClock::UnixMillis() const { return Millis(CLOCK_REALTIME); }

std::int64_t SystemClock::MonotonicMillis() const { return Millis(CLOCK_MONOTONIC); }

}  // namespace svidence::linux_os
