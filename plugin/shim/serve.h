// The plugin's run, from its set-up to its end.
#pragma once

#include <string>

#include "plugin/shim/options.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

// Turns this process, which has one thread, into the plugin and serves until
// SPIRE ends it. `own_path` is this program, `lookup` is getenv(3). The value is
// the exit status.
// Errors: the process, its folder or its socket cannot be set up.
Result<int> Serve(const Options& options, const PluginKind& kind, const std::string& own_path,
                  const char* (*lookup)(const char* name));

}  // namespace svidence::shim
