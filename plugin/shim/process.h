// The shim's own process: its descriptors, signals and path.
#pragma once

#include <optional>
#include <string>

#include "plugin/shim/result.h"

namespace svidence::shim {

// Opens /dev/null where one of the descriptors 0 to 2 is closed, makes it the
// stdin, and closes all descriptors above 2: whatever was left open would be
// held open for as long as SPIRE runs.
// Errors: /dev/null cannot be opened.
std::optional<Error> SetUpDescriptors();

// Ignores what reaches a plugin together with SPIRE (a terminal's Ctrl-C,
// systemd's SIGTERM, SIGUSR1 and SIGUSR2, which SPIRE uses itself): SPIRE needs
// its plugins until it says Shutdown. Daemons inherit it.
void SetUpSignals();

// The path of this program, as the kernel knows it.
// Errors: /proc is not there.
Result<std::string> OwnPath();
// `name` in the folder of `program`.
std::string Beside(const std::string& program, std::string_view name);

}  // namespace svidence::shim
