// Files under tests/golden, which earlier builds and other implementations wrote.
#pragma once

#include <string>
#include <string_view>

namespace svidence::testing {

// The bytes of tests/golden/<name>. Ends the test program if it cannot be read.
std::string ReadGolden(std::string_view name);

}  // namespace svidence::testing
