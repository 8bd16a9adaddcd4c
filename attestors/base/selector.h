// A selector: one stable fact about a workload, in the form SPIRE compares.
#pragma once

#include <string>
#include <string_view>

namespace svidence {

// SPIRE sees Text(), under the type that is the plugin's name. `kind` is one
// of a closed set of constants, e.g. "exe:sha256", and points at static text.
struct Selector {
  std::string_view kind;
  std::string value;

  std::string Text() const { return std::string(kind) + ':' + value; }

  friend bool operator==(const Selector&, const Selector&) = default;
};

// A fact that was wanted and is not given, though nothing failed.
struct Withheld {
  std::string_view kind;
  std::string_view cause;  // one of a closed set of texts: log lines are counted by it
  std::string detail;      // numbers, a lookup's error; may be empty
};

}  // namespace svidence
