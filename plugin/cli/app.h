// The command line: what each argument means, and how a run ends.
#pragma once

#include <string>
#include <vector>

#include "plugin/cli/environment.h"

namespace svidence::cli {

// Runs the command that `arguments` (without the program's name) ask for and
// gives the exit code: 0 ok, 1 finding, 2 usage or environment.
int RunCli(const Environment& env, std::vector<std::string> arguments) noexcept;

}  // namespace svidence::cli
