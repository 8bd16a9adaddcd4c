// The outside of the command line tool as it is: files, sockets, terminal.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "plugin/cli/environment.h"

namespace svidence::cli {

// Over standard input, output and error. The arguments must outlive it.
Environment SystemEnvironment(const Clock& clock, const Hasher& hasher);

}  // namespace svidence::cli
