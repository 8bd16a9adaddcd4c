// The mark lies in a directory of its own, which others may be able to write to.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/high_water.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mark = svidence::ledger::ParseMark(text);
  // One value has one spelling.
  if (mark.ok() && svidence::ledger::FormatMark(*mark) != text) __builtin_trap();
  return 0;
}
