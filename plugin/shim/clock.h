// Times of the shim: of a clock that never steps back.
#pragma once

#include <chrono>

namespace svidence::shim {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

constexpr Time kNever = Time::max();

}  // namespace svidence::shim
