#include "plugin/core/config/hcl_lexer.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/config/hcl.h"

namespace svidence::config {
namespace {

using Kind = HclToken::Kind;

constexpr std::size_t kMaxHeredocAnchorBytes = 64;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

std::optional<unsigned> DigitValue(char c, unsigned base) {
  unsigned value = base;
  if (IsDigit(c)) value = static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<unsigned>(c - 'A') + 10;
  if (value >= base) return std::nullopt;
  return value;
}

// The byte that a one-letter escape stands for.
std::optional<char> SimpleEscape(char letter) {
  switch (letter) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '"':
      return letter;
    default:
      return std::nullopt;
  }
}

// How many digits follow the letter or first digit of a numeric escape; 0 if it starts none.
std::size_t EscapeDigits(char kind) {
  switch (kind) {
    case 'x':
      return 2;
    case 'u':
      return 4;
    case 'U':
      return 8;
    default:
      return kind >= '0' && kind <= '7' ? 2 : 0;
  }
}

void AppendUtf8(std::string& out, std::uint32_t code) {
  const auto append = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    append(code);
  } else if (code < 0x800) {
    append(0xc0U | (code >> 6U));
    append(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    append(0xe0U | (code >> 12U));
    append(0x80U | ((code >> 6U) & 0x3fU));
    append(0x80U | (code & 0x3fU));
  } else {
    append(0xf0U | (code >> 18U));
    append(0x80U | ((code >> 12U) & 0x3fU));
    append(0x80U | ((code >> 6U) & 0x3fU));
    append(0x80U | (code & 0x3fU));
  }
}

std::size_t CountDigits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  return count;
}

// digits [ "." digits ] [ ("e" | "E") [ "+" | "-" ] digits ]; digits may lack on one side of ".".
bool IsFloat(std::string_view text) {
  const std::size_t whole = CountDigits(text);
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    const std::size_t fraction = CountDigits(text.substr(1));
    if (whole + fraction == 0) return false;
    text.remove_prefix(1 + fraction);
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    const std::size_t exponent = CountDigits(text);
    if (exponent == 0) return false;
    text.remove_prefix(exponent);
  }
  return text.empty();
}

// Sets kind, number and problem of `token` from its text, which starts like a number.
void ClassifyNumber(HclToken& token) {
  std::string_view digits = token.text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
  const bool decimal = !digits.empty() && CountDigits(digits) == digits.size();
  token.kind = Kind::kInteger;
  if (!hex && !decimal) {
    token.kind = Kind::kFloat;
    if (!IsFloat(digits)) {
      token.problem =
          Quote(token.text) + " is not a number; if it is meant as text, put it in quotes";
    }
    return;
  }
  if (decimal && digits.size() > 1 && digits.front() == '0') {
    token.problem = "a leading zero makes " + Quote(token.text) + " octal in HCL; leave it out";
    return;
  }
  // from_chars takes a minus but no "0x": put the two together again.
  const std::string sign = negative ? "-" : "";
  const std::string text = sign + std::string(hex ? digits.substr(2) : digits);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, token.number, hex ? 16 : 10);
  if (error == std::errc::result_out_of_range) {
    token.problem = Quote(token.text) + " does not fit 64 bits";
  } else if (error != std::errc() || stop != end) {
    token.problem =
        Quote(token.text) + " is not a number; if it is meant as text, put it in quotes";
  }
}

// Removes one '\r': lines may end with "\r\n".
std::string_view WithoutCarriageReturn(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The lines of a heredoc and the white space before its closing anchor, as one
// value. `strip` takes that white space off every line, or off none if one of
// them does not start with it. Source: hcl/token/token.go, unindentHeredoc.
std::string HeredocValue(const std::vector<std::string_view>& lines, std::string_view indent,
                         bool strip) {
  const bool all = std::all_of(lines.begin(), lines.end(), [indent](std::string_view line) {
    return line.starts_with(indent);
  });
  std::string value;
  for (const std::string_view line : lines) {
    value += strip && all ? line.substr(indent.size()) : line;
    value += '\n';
  }
  if (!strip) value += indent;
  return value;
}

// Empty, or why the finished string cannot be used.
std::string CheckStringValue(std::string_view value) {
  if (value.size() > kMaxHclStringBytes) {
    return "a string may have at most " + std::to_string(kMaxHclStringBytes) + " bytes, got " +
           std::to_string(value.size());
  }
  if (value.find('\0') != std::string_view::npos) return "a string must not hold the NUL character";
  if (!IsUtf8(value)) return "the string's escapes do not make valid UTF-8";
  return "";
}

// Keeps the first problem of a token.
void NoteProblem(HclToken& token, std::string problem) {
  if (token.problem.empty()) token.problem = std::move(problem);
}

std::size_t BracesAfter(char c, std::size_t open) {
  if (c == '{') return open + 1;
  return c == '}' ? open - 1 : open;
}

constexpr std::string_view kNoInterpolation =
    "\"${\" is interpolation, which is not supported: write the value itself, or start SPIRE with "
    "-expandEnv";

}  // namespace

std::string DescribeToken(const HclToken& token) {
  switch (token.kind) {
    case Kind::kEnd:
      return "the end of the text";
    case Kind::kError:
      return token.problem;
    case Kind::kIdentifier:
      return "the word " + Quote(token.text);
    case Kind::kString:
      return "the string " + Quote(token.text);
    case Kind::kInteger:
    case Kind::kFloat:
      return "the number " + Quote(token.text);
    case Kind::kBool:
      return token.number != 0 ? "true" : "false";
    case Kind::kAssign:
      return "\"=\"";
    case Kind::kComma:
      return "\",\"";
    case Kind::kLeftBrace:
      return "\"{\"";
    case Kind::kRightBrace:
      return "\"}\"";
    case Kind::kLeftBracket:
      return "\"[\"";
    case Kind::kRightBracket:
      return "\"]\"";
  }
  return "something else";
}

char HclLexer::Advance() {
  const char c = text_[offset_++];
  if (c == '\n') {
    ++at_.line;
    at_.column = 1;
  } else if (!IsContinuation(Peek())) {
    ++at_.column;  // once for each character: on its last byte
  }
  return c;
}

HclToken HclLexer::Fail(std::string problem) {
  HclToken token{.kind = Kind::kError, .at = at_, .text = "", .problem = std::move(problem)};
  offset_ = text_.size();
  return token;
}

std::string HclLexer::SkipSpaceAndComments() {
  while (!AtEnd()) {
    if (IsSpace(Peek())) {
      Advance();
    } else if (Peek() == '#' || (Peek() == '/' && Peek(1) == '/')) {
      TakeLine();
    } else if (Peek() == '/' && Peek(1) == '*') {
      if (std::string problem = SkipBlockComment(); !problem.empty()) return problem;
    } else {
      return "";
    }
  }
  return "";
}

std::string HclLexer::SkipBlockComment() {
  const std::size_t close = text_.find("*/", offset_ + 2);
  if (close == std::string_view::npos) return "this comment has no closing \"*/\"";
  while (offset_ < close + 2) Advance();
  return "";
}

HclToken HclLexer::Next() {
  if (std::string problem = SkipSpaceAndComments(); !problem.empty()) {
    return Fail(std::move(problem));
  }
  if (AtEnd()) return HclToken{.kind = Kind::kEnd, .at = at_, .text = "", .problem = ""};
  const char c = Peek();
  if (IsLetter(c)) return Identifier(at_);
  if (IsDigit(c) || ((c == '-' || c == '.') && IsDigit(Peek(1)))) return Number(at_);
  if (c == '"') return String(at_);
  if (c == '<' && Peek(1) == '<') return Heredoc(at_);
  return Punctuation(at_);
}

HclToken HclLexer::Punctuation(Position at) {
  HclToken token{.at = at, .text = "", .problem = ""};
  switch (Peek()) {
    case '=':
      token.kind = Kind::kAssign;
      break;
    case ',':
      token.kind = Kind::kComma;
      break;
    case '{':
      token.kind = Kind::kLeftBrace;
      break;
    case '}':
      token.kind = Kind::kRightBrace;
      break;
    case '[':
      token.kind = Kind::kLeftBracket;
      break;
    case ']':
      token.kind = Kind::kRightBracket;
      break;
    case ':':
      return Fail("unexpected \":\"; pairs are written key = value");
    case '\'':
      return Fail("unexpected \"'\"; strings are written in double quotes");
    default:
      if (text_.substr(offset_).starts_with(kByteOrderMark)) {
        return Fail("unexpected byte order mark; save the file as UTF-8 without one");
      }
      std::size_t size = 1;
      while (IsContinuation(Peek(size))) ++size;
      return Fail("unexpected character " + Quote(text_.substr(offset_, size)));
  }
  Advance();
  return token;
}

HclToken HclLexer::Identifier(Position at) {
  HclToken token{.kind = Kind::kIdentifier, .at = at, .text = "", .problem = ""};
  while (IsLetter(Peek()) || IsDigit(Peek()) || Peek() == '-' || Peek() == '.') {
    token.text += Advance();
  }
  if (token.text == "true" || token.text == "false") {
    token.kind = Kind::kBool;
    token.number = token.text == "true" ? 1 : 0;
  }
  return token;
}

HclToken HclLexer::Number(Position at) {
  HclToken token{.at = at, .text = "", .problem = ""};
  token.text += Advance();
  // More than a number is taken, so that 24h is one wrong number and not "24" and "h".
  for (;;) {
    const bool exponent = token.text.back() == 'e' || token.text.back() == 'E';
    const bool sign = exponent && (Peek() == '+' || Peek() == '-');
    if (!IsDigit(Peek()) && !IsLetter(Peek()) && Peek() != '.' && !sign) break;
    token.text += Advance();
  }
  ClassifyNumber(token);
  return token;
}

HclToken HclLexer::String(Position at) {
  HclToken token{.kind = Kind::kString, .at = at, .text = "", .problem = ""};
  std::size_t braces = 0;  // open ones of an interpolation, in which quotes do not count
  Advance();
  while (!AtEnd() && (braces > 0 || (Peek() != '"' && Peek() != '\n'))) {
    const char c = Advance();
    if (c == '\\') {
      NoteProblem(token, Escape(token.text));
      continue;
    }
    token.text += c;
    if (braces > 0) {
      braces = BracesAfter(c, braces);
    } else if (c == '$' && Peek() == '{') {
      NoteProblem(token, std::string(kNoInterpolation));
      Advance();
      braces = 1;
    }
  }
  if (Peek() != '"') {
    at_ = at;
    return Fail("this string has no closing quote on its line");
  }
  Advance();
  NoteProblem(token, CheckStringValue(token.text));
  return token;
}

std::string HclLexer::Escape(std::string& out) {
  if (AtEnd() || Peek() == '\n') return "";  // the caller finds that the string is not closed
  const char kind = Advance();
  if (const std::optional<char> simple = SimpleEscape(kind)) {
    out += *simple;
    return "";
  }
  return NumericEscape(out, kind);
}

std::optional<std::uint32_t> HclLexer::TakeDigits(std::size_t count, unsigned base) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<unsigned> digit = DigitValue(Peek(), base);
    if (!digit) return std::nullopt;
    number = number * base + *digit;
    Advance();
  }
  return number;
}

std::string HclLexer::NumericEscape(std::string& out, char kind) {
  const std::size_t digits = EscapeDigits(kind);
  const std::string quoted = Quote(std::string("\\") + kind);
  if (digits == 0) return "unknown escape " + quoted + "; a backslash itself is written twice";
  const bool octal = IsDigit(kind);
  const std::optional<std::uint32_t> read = TakeDigits(digits, octal ? 8 : 16);
  if (!read) return "the escape " + quoted + " lacks digits";
  // Of an octal escape, `kind` is the first of three digits.
  const std::uint32_t code = octal ? static_cast<std::uint32_t>(kind - '0') * 64 + *read : *read;
  if (digits == 2) {
    if (code > 0xff) return "an octal escape must be at most \\377";
    out += static_cast<char>(code);  // a byte, as HCL has it, not a character
    return "";
  }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return "the escape names no Unicode character";
  }
  AppendUtf8(out, code);
  return "";
}

std::string_view HclLexer::TakeLine() {
  const std::size_t start = offset_;
  while (!AtEnd() && Peek() != '\n') Advance();
  const std::string_view line = WithoutCarriageReturn(text_.substr(start, offset_ - start));
  if (!AtEnd()) Advance();
  return line;
}

HclToken HclLexer::Heredoc(Position at) {
  Advance();
  Advance();
  const bool strip = Peek() == '-';
  if (strip) Advance();
  const std::string_view anchor = TakeLine();
  const bool plain =
      anchor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
      std::string_view::npos;
  if (anchor.empty() || !plain || anchor.size() > kMaxHeredocAnchorBytes) {
    at_ = at;
    return Fail("a heredoc starts with << or <<- and one word of at most " +
                std::to_string(kMaxHeredocAnchorBytes) + " letters and digits, got " +
                Quote(anchor));
  }
  std::vector<std::string_view> lines;
  while (!AtEnd()) {
    const std::string_view line = TakeLine();
    const std::size_t indent = std::min(line.find_first_not_of(" \t"), line.size());
    // The last line may lack its "\n": SPIRE's re-printing of plugin_data drops it.
    if (line.substr(indent) != anchor) {
      lines.push_back(line);
      continue;
    }
    HclToken token{.kind = Kind::kString, .at = at, .text = "", .problem = ""};
    token.text = HeredocValue(lines, line.substr(0, indent), strip);
    token.problem = token.text.find("${") == std::string::npos ? CheckStringValue(token.text)
                                                               : std::string(kNoInterpolation);
    return token;
  }
  at_ = at;
  return Fail("this heredoc has no closing line " + Quote(anchor));
}

}  // namespace svidence::config
