#include "plugin/core/registry/members.h"

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::registry {
namespace {

Status WrongMember(std::string_view key, std::string_view want) {
  return InvalidArgument("member " + Quote(key) + " must be " + std::string(want));
}

}  // namespace

StatusOr<std::int64_t> IntMember(const Json& object, std::string_view key, Range range) {
  const Json* member = object.Find(key);
  const std::int64_t* value = member == nullptr ? nullptr : member->integer();
  if (value == nullptr) return WrongMember(key, "an integer");
  if (*value < range.low || *value > range.high) {
    return WrongMember(key, std::to_string(range.low) + ".." + std::to_string(range.high) +
                                ", got " + std::to_string(*value));
  }
  return *value;
}

StatusOr<bool> BoolMember(const Json& object, std::string_view key) {
  const Json* member = object.Find(key);
  const bool* value = member == nullptr ? nullptr : member->boolean();
  if (value == nullptr) return WrongMember(key, "true or false");
  return *value;
}

StatusOr<std::string> TextMember(const Json& object, std::string_view key, std::size_t max_bytes) {
  const Json* member = object.Find(key);
  const std::string* value = member == nullptr ? nullptr : member->text();
  if (value == nullptr) return WrongMember(key, "a string");
  if (value->empty() || value->size() > max_bytes) {
    return WrongMember(
        key, "1.." + std::to_string(max_bytes) + " bytes, got " + std::to_string(value->size()));
  }
  return *value;
}

StatusOr<std::string> DigestMember(const Json& object, std::string_view key) {
  SVIDENCE_ASSIGN_OR_RETURN(std::string text, TextMember(object, key, 71));
  const StatusOr<Digest> digest = ParseDigestText(text);
  if (!digest.ok()) return Annotate(digest.status(), "member " + Quote(key));
  return text;
}

StatusOr<bool> IsNullMember(const Json& object, std::string_view key) {
  const Json* member = object.Find(key);
  if (member == nullptr) return WrongMember(key, "there");
  return member->is_null();
}

}  // namespace svidence::registry
