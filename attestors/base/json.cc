#include "attestors/base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

// Builds a Json from nlohmann's events and refuses what strict JSON must not
// hold. nlohmann's own tree cannot be used: there the last of two equal keys
// wins, and an integer over 64 bits becomes a double.
class StrictReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit StrictReader(std::size_t max_depth) : max_depth_(max_depth) {}

  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(Json(value)); }
  bool number_integer(number_integer_t value) override { return Add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return Fail("number does not fit 64 bits");
    }
    return Add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return Fail("number must be an integer, got " + Quote(text));
  }
  bool string(string_t& value) override { return Add(Json(std::move(value))); }
  bool binary(binary_t& /*value*/) override { return Fail("binary value"); }
  bool start_object(std::size_t /*size*/) override { return Open(true); }
  bool start_array(std::size_t /*size*/) override { return Open(false); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    const auto same = [&name](const JsonMember& member) { return member.first == name; };
    if (std::any_of(level.members.begin(), level.members.end(), same)) {
      return Fail("duplicate key " + Quote(name));
    }
    level.key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return Fail("not JSON at byte " + std::to_string(position));
  }

  Json Take() { return std::move(root_); }
  const std::string& error() const { return error_; }

 private:
  struct Level {
    bool is_object = false;
    std::string key;
    JsonObject members;
    JsonArray items;
  };

  bool Fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }
  bool Open(bool is_object) {
    if (levels_.empty() && !is_object) return Fail("must be one JSON object");
    if (levels_.size() >= max_depth_) {
      return Fail("must nest at most " + std::to_string(max_depth_) + " deep");
    }
    levels_.emplace_back().is_object = is_object;
    return true;
  }
  bool Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    return level.is_object ? Add(Json(std::move(level.members)))
                           : Add(Json(std::move(level.items)));
  }
  bool Add(Json value) {
    if (levels_.empty()) {
      if (value.object() == nullptr) return Fail("must be one JSON object");
      root_ = std::move(value);
    } else if (levels_.back().is_object) {
      levels_.back().members.emplace_back(std::move(levels_.back().key), std::move(value));
    } else {
      levels_.back().items.push_back(std::move(value));
    }
    return true;
  }

  std::size_t max_depth_;
  std::vector<Level> levels_;
  Json root_;
  std::string error_;
};

// nlohmann lets "-0" through as an integer; two spellings of zero are two
// entries with one meaning. A '-' directly before a 0 outside strings.
bool HasMinusZero(std::string_view text) {
  bool in_string = false;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        in_string = false;
      }
      continue;
    }
    if (text[i] == '"') in_string = true;
    if (text[i] == '-' && text[i + 1] == '0') return true;
  }
  return false;
}

// Length of the well-formed sequence that begins at `rest`, 0 if it is not one.
std::size_t Utf8Length(std::string_view rest) {
  const auto byte = [rest](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || rest.size() < size) return 0;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (first == 0xe0) low = 0xa0;   // overlong
  if (first == 0xed) high = 0x9f;  // surrogates
  if (first == 0xf0) low = 0x90;   // overlong
  if (first == 0xf4) high = 0x8f;  // above U+10FFFF
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  return size;
}

}  // namespace

const Json* Json::Find(std::string_view key) const {
  const JsonObject* members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(),
                                  [key](const JsonMember& member) { return member.first == key; });
  return found == members->end() ? nullptr : &found->second;
}

StatusOr<Json> ParseStrictJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return InvalidArgument("JSON must have at most " + std::to_string(limits.max_bytes) +
                           " bytes, got " + std::to_string(text.size()));
  }
  // nlohmann skips a byte order mark and white space around the object.
  if (text.empty() || text.front() != '{' || text.back() != '}') {
    return InvalidArgument("must be one JSON object and nothing else");
  }
  if (HasMinusZero(text)) return InvalidArgument("number must not be written as minus zero");
  StrictReader reader(limits.max_depth);
  if (!nlohmann::json::sax_parse(text, &reader)) return InvalidArgument(reader.error());
  return reader.Take();
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = Utf8Length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  out += '"';
  while (!text.empty()) {
    const std::size_t size = Utf8Length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (size == 0) {
      out += kReplacement;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

void JsonWriter::Separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  out_ += '{';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  out_ += '}';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  out_ += '[';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  out_ += ']';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  AppendJsonString(out_, key);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(out_, value);
  return *this;
}

JsonWriter& JsonWriter::Int(std::int64_t value) {
  Separate();
  std::array<char, 24> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out_.append(digits.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::RawMembers(std::string_view members) {
  return members.empty() ? *this : Raw(members);
}

}  // namespace svidence
