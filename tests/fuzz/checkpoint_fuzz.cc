// A checkpoint is the text of a note that anybody may have signed.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/note/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto checkpoint = svidence::ledger::ParseCheckpoint(text);
  if (!checkpoint.ok()) return 0;
  // One value has one spelling.
  const auto again = svidence::ledger::FormatCheckpoint(*checkpoint);
  if (!again.ok() || *again != text) __builtin_trap();
  return 0;
}
