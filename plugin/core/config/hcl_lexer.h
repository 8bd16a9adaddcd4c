// Cuts HCL 1 text into tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/core/config/note.h"

namespace svidence::config {

struct HclToken {
  enum class Kind {
    kEnd,
    kError,       // reading cannot go on; `problem` says why
    kIdentifier,  // `text` as written
    kString,      // quoted or heredoc; `text` is the value
    kInteger,     // `number`
    kFloat,       // `text` as written
    kBool,        // `number` is 0 or 1
    kAssign,
    kComma,
    kLeftBrace,
    kRightBrace,
    kLeftBracket,
    kRightBracket,
  };

  Kind kind = Kind::kEnd;
  Position at;
  std::string text;
  std::int64_t number = 0;
  std::string problem;  // for other kinds: the value cannot be used, the next token can
};

// "the word \"abc\"", "\"}\"", "the end of the text": for messages.
std::string DescribeToken(const HclToken& token);

// Not thread-safe. `text` must outlive this object and be valid UTF-8.
class HclLexer {
 public:
  explicit HclLexer(std::string_view text) : text_(text) {}

  // After kEnd or kError, again kEnd.
  // Source: github.com/hashicorp/hcl v1, hcl/scanner/scanner.go and hcl/strconv/quote.go.
  HclToken Next();

 private:
  bool AtEnd() const { return offset_ >= text_.size(); }
  // The byte `ahead` of the next one; '\0' behind the end (the text holds none).
  char Peek(std::size_t ahead = 0) const {
    return ahead < text_.size() - offset_ ? text_[offset_ + ahead] : '\0';
  }
  char Advance();
  HclToken Fail(std::string problem);

  // Empty, or what is wrong with a comment.
  std::string SkipSpaceAndComments();
  std::string SkipBlockComment();

  HclToken Punctuation(Position at);
  HclToken Identifier(Position at);
  HclToken Number(Position at);
  HclToken String(Position at);
  HclToken Heredoc(Position at);
  // The rest of the line, without its end; stands behind the end afterwards.
  std::string_view TakeLine();
  // Reads one escape behind its backslash into `out`. Empty, or what is wrong.
  std::string Escape(std::string& out);
  // Exactly `count` digits, or nothing.
  std::optional<std::uint32_t> TakeDigits(std::size_t count, unsigned base);
  std::string NumericEscape(std::string& out, char kind);

  std::string_view text_;
  std::size_t offset_ = 0;
  Position at_;
};

}  // namespace svidence::config
