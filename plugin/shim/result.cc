#include "plugin/shim/result.h"

#include <cstring>
#include <string_view>

namespace svidence::shim {

std::string Explain(std::string_view what, int error) {
  const char* const text = strerrordesc_np(error);
  return std::string(what) + ": " +
         (text != nullptr ? std::string(text) : "error " + std::to_string(error));
}

}  // namespace svidence::shim
