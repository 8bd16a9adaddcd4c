// When to start the next daemon.
#pragma once

#include <algorithm>

#include "plugin/shim/clock.h"

namespace svidence::shim {

// The first restart is immediate, the next waits 50 ms, then twice as long each
// time up to 0.5 s: SPIRE's calls wait meanwhile, and starting a daemon is cheap.
// A daemon that served for 10 s starts the row anew.
class Backoff {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(50);
  static constexpr Duration kLongest = std::chrono::milliseconds(500);
  static constexpr Duration kHealthy = std::chrono::seconds(10);

  // The wait before the next start, now that a daemon is gone that served for
  // `served`.
  Duration Next(Duration served) {
    if (served >= kHealthy) next_ = Duration::zero();
    const Duration wait = next_;
    next_ = std::clamp(2 * next_, kFirst, kLongest);
    return wait;
  }

 private:
  Duration next_ = Duration::zero();
};

}  // namespace svidence::shim
