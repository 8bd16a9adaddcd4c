#include "plugin/core/sponsor/directory.h"

#include <algorithm>

#include "attestors/base/json.h"

namespace svidence::sponsor {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

Status CheckPerson(std::string_view person) {
  if (person.empty() || person.size() > kMaxPersonBytes) {
    return InvalidArgument("sponsor must have 1.." + std::to_string(kMaxPersonBytes) +
                           " bytes, got " + std::to_string(person.size()));
  }
  if (!IsUtf8(person) || std::any_of(person.begin(), person.end(), IsControl)) {
    return InvalidArgument("sponsor must be UTF-8 without control characters");
  }
  return OkStatus();
}

}  // namespace svidence::sponsor
