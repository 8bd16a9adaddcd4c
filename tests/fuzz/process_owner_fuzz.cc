// The text of /proc/<pid>/status, whose first line holds a name that the
// process has chosen.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/process/process_owner.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view status(reinterpret_cast<const char*>(data), size);
  const auto owner = svidence::ParseProcessOwner(status);
  if (!owner.ok()) return 0;
  // What was read must stand in the text, and a cut behind it changes nothing.
  for (const std::uint32_t id : {owner->uid, owner->gid}) {
    if (status.find(std::to_string(id)) == std::string_view::npos) __builtin_trap();
  }
  const auto cut = svidence::ParseProcessOwner(status.substr(0, status.rfind('\n') + 1));
  if (!cut.ok() || *cut != *owner) __builtin_trap();
  return 0;
}
