// A reader of the part of HCL 1 that plugin_data needs: flat `key = value`
// pairs, lists of simple values, and blocks one level deep.
//
// Within that part the meaning of every text is HCL's own (escapes, heredocs,
// comments, the forms SPIRE's re-printing of HCL and JSON yields). What lies
// outside is never guessed at: it is a note with line and column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugin/core/config/note.h"

namespace svidence::config {

constexpr std::size_t kMaxHclBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxHclItems = 256;          // keys in one body, or values in one list
constexpr std::size_t kMaxHclKeyBytes = 64;        // after unquoting
constexpr std::size_t kMaxHclStringBytes = 16384;  // one string value, after unquoting

struct HclBlock;

// A number with a fraction or an exponent. No setting takes one; kept so that
// the message can say what was found.
struct HclFloat {
  std::string text;

  friend bool operator==(const HclFloat&, const HclFloat&) = default;
};

struct HclValue {
  using Data = std::variant<bool, std::int64_t, HclFloat, std::string, std::vector<HclValue>>;

  Position at;
  Data data;
};

struct HclItem {
  std::string key;
  Position key_at;
  HclValue value;
};

// `name { ... }`, `name = { ... }` or `"name" = { ... }`. Holds no blocks.
struct HclBlock {
  std::string name;
  Position at;
  std::vector<HclItem> items;
};

struct HclDocument {
  std::vector<HclItem> items;
  std::vector<HclBlock> blocks;
};

struct HclResult {
  HclDocument document;     // what could be read; complete if `notes` is empty
  std::vector<Note> notes;  // empty if the text is wholly in the subset
};

// Never fails otherwise than by notes. A syntax error ends the reading; an
// unsupported construct (label, deeper nesting, interpolation) and a duplicate
// key are noted and skipped. An empty text is an empty document.
// Source: github.com/hashicorp/hcl v1, hcl/scanner, hcl/parser, hcl/strconv.
HclResult ParseHcl(std::string_view text);

}  // namespace svidence::config
