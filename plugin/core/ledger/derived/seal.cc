#include "plugin/core/ledger/derived/seal.h"

#include <cstddef>
#include <optional>
#include <span>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kFirstLine = "svidence-derived 1\n";
// What is hashed begins with what it is, so that no hash of one kind is of another.
constexpr std::string_view kStateTag = "svidence/derived-state/v1";
constexpr std::string_view kSubjectTag = "svidence/derived-subject/v1";

std::array<std::uint8_t, 8> BigEndian(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(value >> (56U - 8U * i));
  }
  return bytes;
}

Digest RowDigest(const Hasher& hasher, const SubjectHead& head) {
  const auto last = BigEndian(head.last);
  return hasher.Sha256({kSubjectTag, TextOf(head.key), TextOf(last)});
}

Status Bad(std::string_view key, std::string_view rest) {
  return InvalidArgument("a seal of derived state must have a line " + Quote(key) + " here, has " +
                         Quote(rest));
}

StatusOr<Digest> TakeDigest(std::string_view& rest, std::string_view key) {
  const std::optional<std::string_view> text = TakeField(rest, key);
  if (!text) return Bad(key, rest);
  return ParseDigestText(*text);
}

struct Counted {
  std::uint64_t count = 0;
  Digest digest{};
};

// "<key> <count> <digest>"
StatusOr<Counted> TakeCounted(std::string_view& rest, std::string_view key) {
  std::string_view line = TakeField(rest, key).value_or("");
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return Bad(key, rest);
  const std::optional<std::uint64_t> count = ParseDecimal(line.substr(0, space));
  if (!count) return Bad(key, line);
  SVIDENCE_ASSIGN_OR_RETURN(const Digest digest, ParseDigestText(line.substr(space + 1)));
  return Counted{.count = *count, .digest = digest};
}

std::string CountedLine(std::string_view key, std::uint64_t count, const Digest& digest) {
  return std::string(key) + ' ' + std::to_string(count) + ' ' + DigestText(digest) + '\n';
}

}  // namespace

void StatesDigest::Add(const Hasher& hasher, EntryIndex index, const Digest& leaf) {
  const auto place = BigEndian(index);
  digest = hasher.Sha256({kStateTag, TextOf(digest), TextOf(place), TextOf(leaf)});
  ++count;
}

SubjectsDigest::SubjectsDigest(std::uint64_t count, const Digest& digest)
    : count_(count), sum_(WordsOf(digest)) {}

SubjectsDigest::Words SubjectsDigest::WordsOf(const Digest& digest) {
  Words words{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    words[3 - i / 8] = words[3 - i / 8] << 8U | digest[i];
  }
  return words;
}

Digest SubjectsDigest::digest() const {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(sum_[3 - i / 8] >> (56U - 8U * (i % 8)));
  }
  return digest;
}

void SubjectsDigest::Add(const Hasher& hasher, const SubjectHead& head) {
  const Words row = WordsOf(RowDigest(hasher, head));
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    const std::uint64_t with_carry = row[i] + carry;
    carry = with_carry < carry ? 1 : 0;
    sum_[i] += with_carry;
    if (sum_[i] < with_carry) carry = 1;
  }
  ++count_;
}

void SubjectsDigest::Remove(const Hasher& hasher, const SubjectHead& head) {
  const Words row = WordsOf(RowDigest(hasher, head));
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    const std::uint64_t with_borrow = row[i] + borrow;
    borrow = with_borrow < borrow || sum_[i] < with_borrow ? 1 : 0;
    sum_[i] -= with_borrow;
  }
  --count_;
}

std::string FormatDerivedState(const DerivedState& state) {
  return std::string(kFirstLine) + "log " + state.uuid + "\nsize " +
         std::to_string(state.head.size) + "\nleaf " + DigestText(state.head.last_leaf) +
         "\nroot " + DigestText(state.root) + '\n' +
         CountedLine("states", state.states.count, state.states.digest) +
         CountedLine("subjects", state.subjects.count(), state.subjects.digest());
}

StatusOr<DerivedState> ParseDerivedState(std::string_view text) {
  if (!text.starts_with(kFirstLine)) {
    return InvalidArgument(
        "a seal of derived state must begin with the line \"svidence-derived 1\", has " +
        Quote(text));
  }
  text.remove_prefix(kFirstLine.size());
  DerivedState state;
  state.uuid = std::string(TakeField(text, "log").value_or(""));
  if (!IsUuid(state.uuid)) return Bad("log", text);
  const std::optional<std::uint64_t> size = ParseDecimal(TakeField(text, "size").value_or("x"));
  if (!size || *size == 0 || *size > kMaxIndex) return Bad("size", text);
  state.head.size = *size;
  SVIDENCE_ASSIGN_OR_RETURN(state.head.last_leaf, TakeDigest(text, "leaf"));
  SVIDENCE_ASSIGN_OR_RETURN(state.root, TakeDigest(text, "root"));
  SVIDENCE_ASSIGN_OR_RETURN(const Counted states, TakeCounted(text, "states"));
  state.states = {.count = states.count, .digest = states.digest};
  SVIDENCE_ASSIGN_OR_RETURN(const Counted subjects, TakeCounted(text, "subjects"));
  state.subjects = SubjectsDigest(subjects.count, subjects.digest);
  if (!text.empty()) {
    return InvalidArgument("nothing may follow a seal of derived state, got " + Quote(text));
  }
  return state;
}

StatusOr<std::string> SignSeal(const CheckpointSigner& log, const DerivedState& state) {
  return log.SignNote(FormatDerivedState(state));
}

}  // namespace svidence::ledger
