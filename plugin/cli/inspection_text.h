// How an inspection is shown, by `svidence inspect` and `svidence verify`.
#pragma once

#include <cstdint>
#include <string>

#include "plugin/cli/inspection.h"

namespace svidence::cli {

// As facts and a table of checks.
std::string RenderInspection(const Inspection& inspection, std::int64_t now_millis);
// As one line of JSON. `verified`: the signatures are among the checks.
std::string RenderInspectionJson(const Inspection& inspection, bool verified);

}  // namespace svidence::cli
