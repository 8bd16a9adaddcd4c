#include "plugin/core/config/hcl.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/config/hcl_lexer.h"

namespace svidence::config {
namespace {

using Kind = HclToken::Kind;

bool OpensNesting(Kind kind) { return kind == Kind::kLeftBrace || kind == Kind::kLeftBracket; }
bool ClosesNesting(Kind kind) { return kind == Kind::kRightBrace || kind == Kind::kRightBracket; }
bool EndsText(Kind kind) { return kind == Kind::kEnd || kind == Kind::kError; }

HclValue ValueOf(HclToken token) {
  HclValue value{.at = token.at, .data = false};
  if (token.kind == Kind::kBool) value.data = token.number != 0;
  if (token.kind == Kind::kInteger) value.data = token.number;
  if (token.kind == Kind::kFloat) value.data = HclFloat{std::move(token.text)};
  if (token.kind == Kind::kString) value.data = std::move(token.text);
  return value;
}

bool IsLiteral(Kind kind) {
  return kind == Kind::kBool || kind == Kind::kInteger || kind == Kind::kFloat ||
         kind == Kind::kString;
}

// Reads one text. `false` from a method means that reading ended with a note.
// Blocks do not nest, so that there is at most one open body besides the top.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { Take(); }

  HclResult Run() {
    while (ReadStep()) {
    }
    if (block_) KeepBlock();
    return std::move(result_);
  }

 private:
  using Places = std::map<std::string, Position>;

  void Take() { token_ = lexer_.Next(); }
  void TakeComma() {
    if (token_.kind == Kind::kComma) Take();
  }

  void AddNote(Position at, std::string_view key, std::string message) {
    if (result_.notes.size() > kMaxNotes) return;
    std::string path = block_ && !key.empty() ? block_->name + "." : "";
    path += key;
    result_.notes.push_back(Note{.at = at, .key = std::move(path), .message = std::move(message)});
  }

  bool Stop(Position at, std::string_view key, std::string message) {
    AddNote(at, key, std::move(message));
    return false;
  }

  // `want` where the current token stands.
  bool Unexpected(std::string_view key, std::string_view want, std::string_view hint = "") {
    if (token_.kind == Kind::kError) return Stop(token_.at, key, token_.problem);
    return Stop(
        token_.at, key,
        "expected " + std::string(want) + ", got " + DescribeToken(token_) + std::string(hint));
  }

  // One entry, or the end of the open block. False at the end of the text too.
  bool ReadStep() {
    if (block_ && token_.kind == Kind::kRightBrace) {
      KeepBlock();
      Take();
      TakeComma();
      return true;
    }
    if (token_.kind != Kind::kEnd) return ReadEntry();
    if (!block_) return false;
    return Stop(block_->at, "", "block " + Quote(block_->name) + " has no closing \"}\"");
  }

  void KeepBlock() {
    if (keep_block_) result_.document.blocks.push_back(*std::move(block_));
    block_.reset();
    seen_in_block_.clear();
  }

  // One `key = value`, or a block up to its "{".
  bool ReadEntry() {
    if (result_.notes.size() > kMaxNotes) return false;
    if (token_.kind != Kind::kIdentifier && token_.kind != Kind::kString) return NoKey();
    const Position at = token_.at;
    const std::string key = std::move(token_.text);
    if (!token_.problem.empty()) AddNote(at, "", token_.problem);
    if (key.size() > kMaxHclKeyBytes) {
      return Stop(at, "",
                  "a key may have at most " + std::to_string(kMaxHclKeyBytes) + " bytes, got " +
                      std::to_string(key.size()));
    }
    Places& seen = block_ ? seen_in_block_ : seen_;
    const auto [first, is_new] = seen.emplace(key, at);
    if (!is_new) {
      AddNote(at, key, "set twice; first in line " + std::to_string(first->second.line));
    } else if (seen.size() > kMaxHclItems) {
      return Stop(at, key, "more than " + std::to_string(kMaxHclItems) + " keys");
    }
    Take();
    return ReadEntryValue(key, at, is_new);
  }

  bool NoKey() {
    if (token_.kind == Kind::kLeftBrace) {
      return Unexpected("", "a key", "; leave out the outer braces");
    }
    if (token_.kind == Kind::kAssign) {
      return Unexpected("", "a key", "; is the value before it missing? null is no value");
    }
    return Unexpected("", "a key");
  }

  // What follows a key; kept in the document if `keep`.
  bool ReadEntryValue(const std::string& key, Position at, bool keep) {
    if (token_.kind == Kind::kIdentifier || token_.kind == Kind::kString) {
      return SkipLabelled(key, at);
    }
    const bool assigned = token_.kind == Kind::kAssign;
    if (assigned) Take();
    if (token_.kind == Kind::kLeftBrace) return OpenBlock(key, at, keep);
    if (!assigned) return Unexpected(key, R"("=" or "{" behind this key)");
    HclItem item{.key = key, .key_at = at, .value = {}};
    const bool ok = token_.kind == Kind::kLeftBracket ? ReadList(key, item.value)
                                                      : ReadLiteral(key, item.value);
    if (!ok) return false;
    TakeComma();
    if (keep) (block_ ? block_->items : result_.document.items).push_back(std::move(item));
    return true;
  }

  bool ReadLiteral(const std::string& key, HclValue& value) {
    if (token_.kind == Kind::kIdentifier) {
      return Unexpected(key, "a value", "; if it is meant as text, put it in quotes");
    }
    if (!IsLiteral(token_.kind)) return Unexpected(key, "a value");
    if (!token_.problem.empty()) AddNote(token_.at, key, token_.problem);
    value = ValueOf(std::move(token_));
    Take();
    return true;
  }

  // At "[". A value and "," take turns; a comma before "]" is fine.
  bool ReadList(const std::string& key, HclValue& list) {
    list.at = token_.at;
    std::vector<HclValue> values;
    Take();
    while (token_.kind != Kind::kRightBracket) {
      if (!ReadElement(key, values)) return false;
      if (values.size() > kMaxHclItems) {
        return Stop(list.at, key, "more than " + std::to_string(kMaxHclItems) + " values");
      }
      if (token_.kind == Kind::kComma) {
        Take();
      } else if (token_.kind != Kind::kRightBracket) {
        return Unexpected(key, R"("," or "]" in this list)");
      }
    }
    Take();
    list.data = std::move(values);
    return true;
  }

  bool ReadElement(const std::string& key, std::vector<HclValue>& values) {
    if (OpensNesting(token_.kind)) {
      AddNote(token_.at, key, "a list holds strings, numbers, true and false only");
      return SkipNested();
    }
    HclValue value;
    if (!ReadLiteral(key, value)) return false;
    values.push_back(std::move(value));
    return true;
  }

  // At "{". Where no block may stand, it is noted and skipped.
  bool OpenBlock(const std::string& name, Position at, bool keep) {
    if (block_) {
      AddNote(at, name, "a block in a block is not supported");
      return SkipEntry();
    }
    block_ = HclBlock{.name = name, .at = at, .items = {}};
    keep_block_ = keep;
    Take();
    return true;
  }

  // At a label: `name "label" { ... }`, which HCL also writes for a block in a block.
  bool SkipLabelled(const std::string& key, Position at) {
    const std::string label = token_.text;
    while (token_.kind == Kind::kIdentifier || token_.kind == Kind::kString) Take();
    if (token_.kind != Kind::kLeftBrace) {
      return Unexpected(key, R"("=" or "{" behind this key)");
    }
    AddNote(at, key, "a block with the label " + Quote(label) + " is not supported");
    return SkipEntry();
  }

  // At an opening bracket: goes behind the one that closes it, whatever is inside.
  bool SkipNested() {
    std::size_t depth = 0;
    do {
      if (EndsText(token_.kind)) return Unexpected("", "a closing bracket");
      if (OpensNesting(token_.kind)) ++depth;
      if (ClosesNesting(token_.kind)) --depth;
      Take();
    } while (depth > 0);
    return true;
  }

  bool SkipEntry() {
    if (!SkipNested()) return false;
    TakeComma();
    return true;
  }

  HclLexer lexer_;
  HclToken token_;
  HclResult result_;
  Places seen_;                    // keys of the top level
  std::optional<HclBlock> block_;  // the one being read
  bool keep_block_ = false;
  Places seen_in_block_;
};

// The place of the byte at `offset`, by way of the lexer's own counting rule.
Position PositionAt(std::string_view text, std::size_t offset) {
  Position at;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) {
      ++at.column;
    }
  }
  return at;
}

// Size that the first byte of a UTF-8 sequence announces.
std::size_t SequenceSize(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

// The first byte that belongs to no character, or the first NUL; text.size() if none.
std::size_t FirstUnreadable(std::string_view text) {
  const std::size_t end = std::min(text.find('\0'), text.size());
  if (IsUtf8(text.substr(0, end))) return end;
  std::size_t offset = 0;
  while (IsUtf8(text.substr(offset, SequenceSize(text[offset])))) {
    offset += SequenceSize(text[offset]);
  }
  return offset;
}

}  // namespace

HclResult ParseHcl(std::string_view text) {
  HclResult result;
  if (text.size() > kMaxHclBytes) {
    result.notes.push_back(Note{.at = {},
                                .key = "",
                                .message = "the text may have at most " +
                                           std::to_string(kMaxHclBytes) + " bytes, got " +
                                           std::to_string(text.size())});
    return result;
  }
  if (const std::size_t bad = FirstUnreadable(text); bad < text.size()) {
    const std::string_view what =
        text[bad] == '\0' ? "the text holds a NUL character" : "the text is not valid UTF-8 here";
    result.notes.push_back(
        Note{.at = PositionAt(text, bad), .key = "", .message = std::string(what)});
    return result;
  }
  return Parser(text).Run();
}

}  // namespace svidence::config
