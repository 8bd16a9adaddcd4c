// A process chooses its own command name, so this line is hostile.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/process/process_stat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stat(reinterpret_cast<const char*>(data), size);
  const auto parsed = svidence::ParseProcessStat(stat);
  if (!parsed.ok()) return 0;
  // What was read must stand behind the last ')': a check beyond "does not crash".
  const std::string_view fields = stat.substr(stat.rfind(')'));
  for (const std::uint64_t number : {std::uint64_t{parsed->flags}, parsed->start_ticks,
                                     parsed->start_code, parsed->start_stack}) {
    if (fields.find(std::to_string(number)) == std::string_view::npos) __builtin_trap();
  }
  return 0;
}
