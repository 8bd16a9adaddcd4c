// Whether tests may take their time: script/test --long.
#pragma once

#include <cstdlib>

namespace svidence::testing {

inline bool LongRun() { return std::getenv("SVIDENCE_LONG") != nullptr; }

}  // namespace svidence::testing
