#include "plugin/core/ledger/entry_scanner.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

constexpr std::size_t kPrevTextBytes = 44;  // base64 of 32 bytes
constexpr std::uint8_t kNoSextet = 0xff;

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsVisibleAscii(char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; }
constexpr bool IsTypeCharacter(char c) {
  return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '.' || c == '_' || c == '-';
}
// Bytes that stand for themselves in a string. Those from 0x80 on are checked
// as UTF-8 over the whole entry.
constexpr bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

// The above, looked up instead of computed: most of an entry is names and strings.
enum Class : std::uint8_t { kVisible = 1, kType = 2, kPlain = 4 };
constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const char c = static_cast<char>(static_cast<unsigned char>(i));
    classes[i] =
        static_cast<std::uint8_t>((IsVisibleAscii(c) ? kVisible : 0) |
                                  (IsTypeCharacter(c) ? kType : 0) | (IsPlain(c) ? kPlain : 0));
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

// Where the bytes from `at` on are no longer of `wanted`.
std::size_t EndOf(std::string_view bytes, std::size_t at, Class wanted) {
  while (at < bytes.size() && (kClasses[static_cast<unsigned char>(bytes[at])] & wanted) != 0) {
    ++at;
  }
  return at;
}

// The value of a hex digit, 16 if it is none.
unsigned HexValue(char c) {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return 16;
}

constexpr std::array<std::uint8_t, 256> MakeSextets() {
  std::array<std::uint8_t, 256> sextets{};
  sextets.fill(kNoSextet);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    sextets[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return sextets;
}

// As Base64Decode of 32 bytes, without a string: each entry passes here.
bool DecodePrev(std::string_view text, Digest& digest) {
  static constexpr std::array<std::uint8_t, 256> kSextets = MakeSextets();
  if (text.size() != kPrevTextBytes || text.back() != '=') return false;
  const auto sextet = [text](std::size_t i) {
    return std::uint32_t{kSextets[static_cast<unsigned char>(text[i])]};
  };
  std::uint32_t seen = 0;  // of kNoSextet's upper bits
  std::size_t put = 0;
  for (std::size_t i = 0; i + 4 < text.size(); i += 4) {
    const std::uint32_t a = sextet(i);
    const std::uint32_t b = sextet(i + 1);
    const std::uint32_t c = sextet(i + 2);
    const std::uint32_t d = sextet(i + 3);
    seen |= a | b | c | d;
    digest[put++] = static_cast<std::uint8_t>(a << 2U | b >> 4U);
    digest[put++] = static_cast<std::uint8_t>(b << 4U | c >> 2U);
    digest[put++] = static_cast<std::uint8_t>(c << 6U | d);
  }
  const std::uint32_t a = sextet(kPrevTextBytes - 4);
  const std::uint32_t b = sextet(kPrevTextBytes - 3);
  const std::uint32_t c = sextet(kPrevTextBytes - 2);
  seen |= a | b | c;
  digest[put++] = static_cast<std::uint8_t>(a << 2U | b >> 4U);
  digest[put] = static_cast<std::uint8_t>(b << 4U | c >> 2U);
  return seen < 64 && (c & 3U) == 0;  // the two bits behind the last byte
}

bool IsCommonName(std::string_view name) {
  constexpr std::array<std::string_view, 9> kCommon{"v",  "i",       "at",           "prev", "type",
                                                    "by", "subject", "subject_prev", "agent"};
  return std::find(kCommon.begin(), kCommon.end(), name) != kCommon.end();
}

// Most entries are ASCII, which is UTF-8; eight bytes are looked at together.
bool IsAscii(std::string_view text) {
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + sizeof(seen) <= text.size(); i += sizeof(seen)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, sizeof(eight));
    seen |= eight;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & 0x8080808080808080U) == 0;
}

// One pass over the bytes. Once a function has returned false, error() says why
// and nothing else may be called.
class Scanner {
 public:
  explicit Scanner(std::string_view bytes) : bytes_(bytes) {}

  bool Common(EntryView& view);
  // What follows the common members, to the last byte.
  bool Own(EntryView& view);

  Status error() const { return InvalidArgument(error_ + ", at byte " + std::to_string(at_)); }

 private:
  // A member's name, by its place: an entry is small, and views would cost 8 KiB.
  struct Name {
    std::uint16_t begin;
    std::uint16_t size;
  };

  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }
  bool At(std::string_view literal) const { return bytes_.substr(at_).starts_with(literal); }
  bool SkipIf(std::string_view literal) {
    const bool there = At(literal);
    if (there) at_ += literal.size();
    return there;
  }
  bool SkipIf(char c) {
    const bool there = at_ < bytes_.size() && bytes_[at_] == c;
    if (there) ++at_;
    return there;
  }
  char Peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }
  std::string_view TextOfName(Name name) const { return bytes_.substr(name.begin, name.size); }

  // `literal` is all that stands between the previous value and that of `name`.
  bool Expect(std::string_view literal, std::string_view name) {
    return SkipIf(literal) || Fail("member " + Quote(name) + " must come here");
  }
  bool CommonText(std::string_view name, std::size_t max_bytes, Class allowed,
                  std::string_view& value);
  bool Version();
  bool Index(std::string_view name, EntryIndex& value);
  bool Time(std::int64_t& value);
  bool Prev(Digest& value);
  bool SubjectPrev(EntryPlace& place);

  // `depth` counts the braces and brackets around the value.
  bool Value(std::size_t depth);
  bool Object(std::size_t depth);
  bool Array(std::size_t depth);
  bool MemberName(std::size_t first_of_object);
  bool String();
  bool Escape();
  bool HexUnit(unsigned& unit);
  bool Integer();

  std::string_view bytes_;
  std::size_t at_ = 0;
  // Those below names_open_ are set; to clear all would cost as much as a short entry.
  std::array<Name, kMaxEntryMembers> names_;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::size_t names_seen_ = 0;                // never falls: the bound is on the whole entry
  std::size_t names_open_ = 0;                // those of the objects around this byte
  std::string error_;
};

bool Scanner::CommonText(std::string_view name, std::size_t max_bytes, Class allowed,
                         std::string_view& value) {
  const std::size_t begin = at_;
  at_ = EndOf(bytes_, at_, allowed);
  value = bytes_.substr(begin, at_ - begin);
  if (value.empty() || value.size() > max_bytes) {
    return Fail("member " + Quote(name) + " must have 1 to " + std::to_string(max_bytes) +
                " plain bytes, got " + std::to_string(value.size()));
  }
  return SkipIf('"') || Fail("member " + Quote(name) + " holds a character it must not have");
}

bool Scanner::Index(std::string_view name, EntryIndex& value) {
  constexpr std::size_t kMaxDigits = 16;  // of 2^53-1
  const std::size_t begin = at_;
  value = 0;
  while (IsDigit(Peek()) && at_ - begin <= kMaxDigits) {
    value = value * 10 + static_cast<EntryIndex>(bytes_[at_++] - '0');
  }
  const std::size_t digits = at_ - begin;
  if (digits == 0 || (digits > 1 && bytes_[begin] == '0') || value > kMaxIndex) {
    return Fail("member " + Quote(name) + " must be an integer from 0 to 2^53-1");
  }
  return true;
}

bool Scanner::Time(std::int64_t& value) {
  const StatusOr<std::int64_t> time = ParseTime(bytes_.substr(at_, kTimeTextBytes));
  if (!time.ok()) return Fail("member \"at\": " + Message(time.status()));
  value = *time;
  at_ += kTimeTextBytes;
  return SkipIf('"') || Fail("member \"at\" is too long");
}

bool Scanner::Prev(Digest& value) {
  if (!DecodePrev(bytes_.substr(at_, kPrevTextBytes), value)) {
    return Fail("member \"prev\" must be 32 bytes in base64");
  }
  at_ += kPrevTextBytes;
  return SkipIf('"') || Fail("member \"prev\" is too long");
}

bool Scanner::SubjectPrev(EntryPlace& place) {
  place.subject_prev.reset();
  if (SkipIf("null")) return true;
  EntryIndex index = 0;
  if (!Index("subject_prev", index)) return false;
  if (index >= place.index) return Fail(R"(member "subject_prev" must be below "i")");
  place.subject_prev = index;
  return true;
}

bool Scanner::Version() {
  constexpr std::string_view kVersion = "1,";
  if (!At(kVersion)) {
    return Fail("member \"v\" must be 1: this program reads no other version of the ledger");
  }
  ++at_;
  return true;
}

bool Scanner::Common(EntryView& view) {
  return Expect(R"({"v":)", "v") && Version() && Expect(R"(,"i":)", "i") &&
         Index("i", view.place.index) && Expect(R"(,"at":")", "at") && Time(view.place.at_millis) &&
         Expect(R"(,"prev":")", "prev") && Prev(view.place.prev) &&
         Expect(R"(,"type":")", "type") && CommonText("type", kMaxTypeBytes, kType, view.type) &&
         Expect(R"(,"by":")", "by") && CommonText("by", kMaxNameBytes, kVisible, view.by) &&
         Expect(R"(,"subject":")", "subject") &&
         CommonText("subject", kMaxNameBytes, kVisible, view.subject) &&
         Expect(R"(,"subject_prev":)", "subject_prev") && SubjectPrev(view.place);
}

bool Scanner::Own(EntryView& view) {
  if (SkipIf(R"(,"agent":")") && !CommonText("agent", kMaxNameBytes, kVisible, view.agent)) {
    return false;
  }
  const std::size_t begin = at_ + 1;
  while (SkipIf(',')) {
    if (!MemberName(0) || !Value(1)) return false;
    view.members = bytes_.substr(begin, at_ - begin);
  }
  if (!SkipIf('}')) return Fail("the entry must go on with a comma or end with a brace");
  return at_ == bytes_.size() || Fail("nothing may follow the entry");
}

// NOLINTNEXTLINE(misc-no-recursion): Object and Array bound the depth.
bool Scanner::Value(std::size_t depth) {
  switch (Peek()) {
    case '"':
      return String();
    case '{':
      return Object(depth + 1);
    case '[':
      return Array(depth + 1);
    case 'n':
      return SkipIf("null") || Integer();
    case 't':
      return SkipIf("true") || Integer();
    case 'f':
      return SkipIf("false") || Integer();
    default:
      return Integer();
  }
}

// NOLINTNEXTLINE(misc-no-recursion): at most kMaxEntryDepth deep.
bool Scanner::Object(std::size_t depth) {
  if (depth > kMaxEntryDepth) {
    return Fail("an entry must nest at most " + std::to_string(kMaxEntryDepth) + " deep");
  }
  ++at_;
  if (SkipIf('}')) return true;
  const std::size_t first = names_open_;
  do {
    if (!MemberName(first) || !Value(depth)) return false;
  } while (SkipIf(','));
  names_open_ = first;
  return SkipIf('}') || Fail("an object must go on with a comma or end with a brace");
}

// NOLINTNEXTLINE(misc-no-recursion): at most kMaxEntryDepth deep.
bool Scanner::Array(std::size_t depth) {
  if (depth > kMaxEntryDepth) {
    return Fail("an entry must nest at most " + std::to_string(kMaxEntryDepth) + " deep");
  }
  ++at_;
  if (SkipIf(']')) return true;
  do {
    if (!Value(depth)) return false;
  } while (SkipIf(','));
  return SkipIf(']') || Fail("an array must go on with a comma or end with a bracket");
}

bool Scanner::MemberName(std::size_t first_of_object) {
  if (names_seen_ == kMaxEntryMembers) {
    return Fail("an entry must have at most " + std::to_string(kMaxEntryMembers) + " own members");
  }
  if (!SkipIf('"')) return Fail("the name of a member must come here");
  const std::size_t begin = at_;
  at_ = EndOf(bytes_, at_, kVisible);
  const Name name{static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(at_ - begin)};
  const std::string_view text = TextOfName(name);
  if (text.empty() || !SkipIf("\":")) {
    return Fail("a name must be visible ASCII without '\"' and '\\', and a colon must follow");
  }
  const std::span<const Name> open =
      std::span(names_).subspan(first_of_object, names_open_ - first_of_object);
  const bool twice = (first_of_object == 0 && IsCommonName(text)) ||
                     std::any_of(open.begin(), open.end(),
                                 [this, text](Name other) { return TextOfName(other) == text; });
  if (twice) return Fail("member " + Quote(text) + " must not come twice");
  names_[names_open_++] = name;
  ++names_seen_;
  return true;
}

bool Scanner::String() {
  ++at_;
  for (;;) {
    at_ = EndOf(bytes_, at_, kPlain);
    if (SkipIf('"')) return true;
    if (Peek() != '\\') return Fail("a string must end with a quote and hold no control character");
    if (!Escape()) return false;
  }
}

bool Scanner::Escape() {
  ++at_;
  constexpr std::string_view kShort = R"("\/bfnrt)";
  if (at_ < bytes_.size() && kShort.find(bytes_[at_]) != std::string_view::npos) {
    ++at_;
    return true;
  }
  unsigned unit = 0;
  if (!HexUnit(unit)) return false;
  if (unit < 0xd800 || unit > 0xdfff) return true;
  // A half of a pair alone is no character: readers would differ on it.
  unsigned second = 0;
  const bool paired =
      unit < 0xdc00 && SkipIf('\\') && HexUnit(second) && second >= 0xdc00 && second <= 0xdfff;
  return paired || Fail("a surrogate must be one of a pair");
}

bool Scanner::HexUnit(unsigned& unit) {
  if (!SkipIf('u') || bytes_.size() - at_ < 4) return Fail("an escape must be one that JSON has");
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned digit = HexValue(bytes_[at_]);
    if (digit > 15) return Fail("an escape must have four hex digits");
    unit = unit << 4U | digit;
    ++at_;
  }
  return true;
}

bool Scanner::Integer() {
  const bool negative = SkipIf('-');
  EntryIndex value = 0;
  if (!Index("", value)) return Fail("a value must be JSON, and a number an integer below 2^53");
  return value != 0 || !negative || Fail("a number must not be written as minus zero");
}

}  // namespace

StatusOr<EntryView> ScanEntry(std::string_view bytes) {
  if (bytes.size() > kMaxEntryBytes) {
    return InvalidArgument("an entry must have at most " + std::to_string(kMaxEntryBytes) +
                           " bytes, got " + std::to_string(bytes.size()));
  }
  if (!IsAscii(bytes) && !IsUtf8(bytes)) return InvalidArgument("an entry must be UTF-8");
  Scanner scanner(bytes);
  EntryView view;
  if (!scanner.Common(view) || !scanner.Own(view)) return scanner.error();
  return view;
}

}  // namespace svidence::ledger
