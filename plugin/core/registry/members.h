// Typed reads of one member of a JSON object, with errors that name it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/json.h"
#include "attestors/base/status.h"

namespace svidence::registry {

struct Range {
  std::int64_t low;
  std::int64_t high;
};

// Errors of all: InvalidArgument naming `key` if `object` is no object or has no
//                such member, or the member is of another type or out of bounds.
StatusOr<std::int64_t> IntMember(const Json& object, std::string_view key, Range range);
StatusOr<bool> BoolMember(const Json& object, std::string_view key);
// 1..max_bytes bytes.
StatusOr<std::string> TextMember(const Json& object, std::string_view key, std::size_t max_bytes);
// "sha256:<hex>", as it stands.
StatusOr<std::string> DigestMember(const Json& object, std::string_view key);
// True if the member is there and null.
StatusOr<bool> IsNullMember(const Json& object, std::string_view key);

}  // namespace svidence::registry
