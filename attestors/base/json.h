// Strict JSON for what is hashed or signed, and a writer for it.
//
// The strict reader takes one object of UTF-8 text whose numbers are integers,
// whose keys are unique at every level, and which ends with its last brace.
// What ordinary parsers let pass (doubles, duplicate keys, trailing bytes)
// would let two readers see two different entries in the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attestors/base/status.h"

namespace svidence {

class Json;
using JsonArray = std::vector<Json>;
using JsonMember = std::pair<std::string, Json>;
// In the order of the text.
using JsonObject = std::vector<JsonMember>;

// One JSON value.
class Json {
 public:
  using Value =
      std::variant<std::nullptr_t, bool, std::int64_t, std::string, JsonArray, JsonObject>;

  Json() = default;
  explicit Json(Value value) : value_(std::move(value)) {}

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  // Null unless the value has that type.
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  const JsonArray* array() const { return std::get_if<JsonArray>(&value_); }
  const JsonObject* object() const { return std::get_if<JsonObject>(&value_); }
  // The member `key` of an object; null if this is no object or has none.
  const Json* Find(std::string_view key) const;

 private:
  Value value_;
};

struct JsonLimits {
  std::size_t max_bytes = std::size_t{16} * 1024;
  std::size_t max_depth = 8;
};

// Errors: InvalidArgument if `text` is longer than the limit, is not one JSON
//         object as described above, or nests deeper than the limit. A number
//         must fit 64 bits signed; fractions and exponents are refused, and a
//         minus zero too.
// Source: RFC 8259; I-JSON, RFC 7493, for unique keys.
StatusOr<Json> ParseStrictJson(std::string_view text, const JsonLimits& limits = {});

// Appends JSON text to a string that the caller owns, in the order called, with
// no white space. The caller keeps the nesting right.
class JsonWriter {
 public:
  // `out` must outlive this object.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // `json` is inserted as it is: a whole value made by another writer.
  JsonWriter& Raw(std::string_view json);
  // Inserts members already written (`"a":1,"b":2`), possibly none.
  JsonWriter& RawMembers(std::string_view members);

 private:
  void Separate();

  std::string& out_;
  bool needs_comma_ = false;
};

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8
// become U+FFFD, control characters \u00XX. Source: RFC 8259, section 7.
void AppendJsonString(std::string& out, std::string_view text);

// True if `text` is well-formed UTF-8. Source: RFC 3629.
bool IsUtf8(std::string_view text);

}  // namespace svidence
