#include "plugin/adapters/openssl/handles.h"

#include <array>
#include <string>

#include <openssl/err.h>

namespace svidence::openssl {

Status TakeError(std::string_view what) {
  std::string message(what);
  // NOLINTNEXTLINE(google-runtime-int): OpenSSL's own type.
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    message += ": ";
    message += text.data();
  }
  return Internal(message);
}

}  // namespace svidence::openssl
