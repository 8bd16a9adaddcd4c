// The log levels that SPIRE's hclog bridge passes on.
#pragma once

#include <array>
#include <string_view>

namespace svidence::config {

inline constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "info", "warn", "error"};
inline constexpr std::string_view kDefaultLogLevel = "info";

}  // namespace svidence::config
