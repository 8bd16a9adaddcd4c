// The seal of the derived state lies beside the ledger, in a file that anybody may
// have written who can write there; it is read before its signature is looked at.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/derived/seal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto state = svidence::ledger::ParseDerivedState(text);
  // One value has one spelling.
  if (state.ok() && svidence::ledger::FormatDerivedState(*state) != text) __builtin_trap();
  return 0;
}
