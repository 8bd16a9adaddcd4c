#include "plugin/core/ledger/key_schedule.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kContext = "svidence/key-change/v1";
constexpr std::size_t kShownKey = 256;
constexpr std::array<std::string_view, 4> kReasons = {"scheduled", "key_compromise", "moved",
                                                      "unspecified"};

NoteSignature LineOf(const NoteSigner& signer, const Signature& signature) {
  return {
      .name = signer.name(), .key_id = signer.key_id(), .bytes = std::string(TextOf(signature))};
}

Status CheckReason(std::string_view reason) {
  if (IsKeyChangeReason(reason)) return OkStatus();
  std::string codes;
  for (const std::string_view code : kReasons) codes.append(" ").append(code);
  return InvalidArgument("the reason of a change of key must be one of" + codes + ", got " +
                         Quote(reason));
}

Status CheckSigner(const Hasher& hasher, const NoteSigner& signer, const Vkey& vkey) {
  if (signer.name() == vkey.name && signer.type() == vkey.type &&
      signer.key_id() == KeyId(hasher, vkey)) {
    return OkStatus();
  }
  return InvalidArgument("the signer is not that of " + Quote(FormatVkey(hasher, vkey), kShownKey));
}

StatusOr<std::string> TextMember(const Json& key, std::string_view name) {
  const Json* member = key.Find(name);
  if (member == nullptr || member->text() == nullptr) {
    return InvalidArgument("key.changed must have the text \"key\"." + Quote(name));
  }
  return *member->text();
}

struct SignedChange {
  KeyChange change;
  SignedNote note;
};

StatusOr<SignedChange> ParseChange(const Hasher& hasher, const Entry& entry) {
  if (entry.type != kKeyChangedType || entry.subject != kLogSubject) {
    return InvalidArgument("the entry must be a key.changed on \"log\", is a " + Quote(entry.type) +
                           " on " + Quote(entry.subject));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Json members, ParseMembers(entry));
  const Json* key = members.Find("key");
  if (key == nullptr) return InvalidArgument("key.changed must have the member \"key\"");
  SignedChange read;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string from, TextMember(*key, "old"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string to, TextMember(*key, "new"));
  SVIDENCE_ASSIGN_OR_RETURN(read.change.reason, TextMember(*key, "reason"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string lines, TextMember(*key, "signatures"));
  SVIDENCE_ASSIGN_OR_RETURN(read.change.from, ParseVkey(hasher, from));
  SVIDENCE_ASSIGN_OR_RETURN(read.change.to, ParseVkey(hasher, to));
  SVIDENCE_RETURN_IF_ERROR(CheckReason(read.change.reason));
  SVIDENCE_ASSIGN_OR_RETURN(read.note.signatures, ParseSignatureLines(lines));
  read.note.text = KeyChangeText(hasher, read.change);
  return read;
}

struct KeyLine {
  Vkey vkey;
  std::optional<std::uint64_t> first{};  // nullopt: the line is a vkey alone
  std::optional<std::uint64_t> last{};
};

Status BadRange(std::string_view range) {
  return InvalidArgument(
      "behind a key must stand \"<first size>-<last size>\" or \"<first size>-\", got " +
      Quote(range));
}

StatusOr<KeyLine> ParseKeyLine(const Hasher& hasher, std::string_view line) {
  KeyLine read;
  const std::size_t space = line.find(' ');
  SVIDENCE_ASSIGN_OR_RETURN(read.vkey, ParseVkey(hasher, line.substr(0, space)));
  if (space == std::string_view::npos) return read;
  const std::string_view range = line.substr(space + 1);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return BadRange(range);
  read.first = ParseDecimal(range.substr(0, dash));
  if (!read.first) return BadRange(range);
  if (dash + 1 == range.size()) return read;
  read.last = ParseDecimal(range.substr(dash + 1));
  if (!read.last) return BadRange(range);
  return read;
}

// Does a line follow `before`, where it does not begin the list?
Status CheckFollows(const KeyLine& line, const std::optional<KeyLine>& before) {
  if (!before) {
    if (line.first.value_or(0) == 0) return OkStatus();
    return InvalidArgument("the first key must sign from size 0 on");
  }
  if (line.first && before->last && *line.first == *before->last) return OkStatus();
  return InvalidArgument("a key must begin at the very size at which the one before it ends");
}

}  // namespace

std::span<const std::string_view> KeyChangeReasons() { return kReasons; }

bool IsKeyChangeReason(std::string_view code) {
  return std::find(kReasons.begin(), kReasons.end(), code) != kReasons.end();
}

std::string KeyChangeText(const Hasher& hasher, const KeyChange& change) {
  std::string text(kContext);
  text += '\n' + FormatVkey(hasher, change.from) + '\n' + FormatVkey(hasher, change.to) + '\n';
  return text + change.reason + '\n';
}

StatusOr<EntryDraft> DraftKeyChanged(const Hasher& hasher, const KeyChange& change,
                                     const NoteSigner& from, const NoteSigner& to,
                                     std::string_view by) {
  SVIDENCE_RETURN_IF_ERROR(CheckReason(change.reason));
  SVIDENCE_RETURN_IF_ERROR(CheckSigner(hasher, from, change.from));
  SVIDENCE_RETURN_IF_ERROR(CheckSigner(hasher, to, change.to));
  if (change.from.name != change.to.name || change.from.key == change.to.key) {
    return InvalidArgument("a change of key must be from one key of a log to another of the same");
  }
  const std::string text = KeyChangeText(hasher, change);
  SVIDENCE_ASSIGN_OR_RETURN(const Signature old_signature, from.Sign(text));
  SVIDENCE_ASSIGN_OR_RETURN(const Signature new_signature, to.Sign(text));
  std::string lines;
  AppendSignatureLine(lines, LineOf(from, old_signature));
  AppendSignatureLine(lines, LineOf(to, new_signature));

  EntryDraft draft{.type = std::string(kKeyChangedType),
                   .by = std::string(by),
                   .subject = std::string(kLogSubject)};
  JsonWriter(draft.members)
      .Key("key")
      .BeginObject()
      .Key("old")
      .String(FormatVkey(hasher, change.from))
      .Key("new")
      .String(FormatVkey(hasher, change.to))
      .Key("reason")
      .String(change.reason)
      .Key("signatures")
      .String(lines)
      .EndObject();
  return draft;
}

StatusOr<KeySchedule> KeySchedule::Begin(const Hasher& hasher, const LogIdentity& identity) {
  SVIDENCE_ASSIGN_OR_RETURN(Vkey vkey, ParseVkey(hasher, identity.vkey));
  return KeySchedule({.key = Trust(hasher, std::move(vkey))});
}

Status KeySchedule::CheckNext(const Vkey& next) const {
  if (next.name != origin()) {
    return InvalidArgument("all keys of a log must be named " + Quote(origin(), kShownKey) +
                           ", got one named " + Quote(next.name, kShownKey));
  }
  for (const LogKey& key : keys_) {
    if (key.key.vkey.key != next.key) continue;
    return InvalidArgument("a key that was this log's must not be so again");
  }
  if (keys_.size() < kMaxLogKeys) return OkStatus();
  return InvalidArgument("a log may have at most " + std::to_string(kMaxLogKeys) +
                         " keys in its life; begin a new one");
}

void KeySchedule::Add(TrustedKey next, std::uint64_t from_size) {
  keys_.back().last_size = from_size;
  keys_.push_back({.key = std::move(next), .first_size = from_size});
}

Status KeySchedule::Apply(const Hasher& hasher, const Ed25519Verifier& verifier,
                          const Entry& entry) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedChange read, ParseChange(hasher, entry));
  if (read.change.from != current().key.vkey) {
    return InvalidArgument("key.changed must be from the log's key " +
                           Quote(FormatVkey(hasher, current().key.vkey), kShownKey) + ", is from " +
                           Quote(FormatVkey(hasher, read.change.from), kShownKey));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckNext(read.change.to));
  const std::array<TrustedKey, 2> both = {current().key, Trust(hasher, read.change.to)};
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<GoodSignature> good,
                            FindSignatures(read.note, both, {.verifier = verifier, .limit = {}}));
  if (good.size() != both.size()) {
    return PermissionDenied("key.changed must be signed by the old key and by the new one");
  }
  Add(both[1], entry.place.index + 1);
  return OkStatus();
}

StatusOr<KeySchedule> KeySchedule::Parse(const Hasher& hasher, std::string_view text) {
  if (text.size() > kMaxKeyListBytes) {
    return InvalidArgument("a list of keys must have at most " + std::to_string(kMaxKeyListBytes) +
                           " bytes, has " + std::to_string(text.size()));
  }
  std::optional<KeySchedule> schedule;
  std::optional<KeyLine> before;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string context = "line " + std::to_string(number);
    std::string_view rest = text;
    const std::optional<std::string_view> line = TakeLine(rest);
    StatusOr<KeyLine> read = ParseKeyLine(hasher, line.value_or(text));
    text = line ? rest : std::string_view();
    if (!read.ok()) return Annotate(read.status(), context);
    SVIDENCE_RETURN_IF_ERROR(Annotate(CheckFollows(*read, before), context));
    if (schedule) {
      SVIDENCE_RETURN_IF_ERROR(Annotate(schedule->CheckNext(read->vkey), context));
      schedule->Add(Trust(hasher, read->vkey), *read->first);
    } else {
      schedule = KeySchedule({.key = Trust(hasher, read->vkey)});
    }
    before = *std::move(read);
  }
  if (!schedule) return InvalidArgument("a list of keys must have at least one");
  // The last key's range stays open unless it is written down.
  schedule->keys_.back().last_size = before->last;
  return *std::move(schedule);
}

std::string KeySchedule::Format(const Hasher& hasher) const {
  std::string text;
  for (const LogKey& key : keys_) {
    text += FormatVkey(hasher, key.key.vkey);
    if (keys_.size() > 1 || key.last_size) {
      text += ' ' + std::to_string(key.first_size) + '-';
      if (key.last_size) text += std::to_string(*key.last_size);
    }
    text += '\n';
  }
  return text;
}

Status KeySchedule::CheckMaySign(const PublicKey& signer, std::uint64_t size) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const LogKey& key = keys_[i];
    if (key.key.vkey.key != signer) continue;
    if (key.MaySign(size)) return OkStatus();
    const bool early = size < key.first_size;
    return PermissionDenied("the checkpoint of size " + std::to_string(size) +
                            " is signed with key " + std::to_string(i + 1) + " of " +
                            std::to_string(keys_.size()) + " of this log, which signs " +
                            (early ? "only from size " + std::to_string(key.first_size)
                                   : "only up to size " + std::to_string(*key.last_size) +
                                         ": entry " + std::to_string(*key.last_size - 1) +
                                         " has changed it"));
  }
  return PermissionDenied("the checkpoint is signed with a key that was never this log's");
}

bool operator==(const KeySchedule& a, const KeySchedule& b) {
  return std::equal(a.keys_.begin(), a.keys_.end(), b.keys_.begin(), b.keys_.end(),
                    [](const LogKey& x, const LogKey& y) {
                      return x.key.vkey == y.key.vkey && x.first_size == y.first_size &&
                             x.last_size == y.last_size;
                    });
}

}  // namespace svidence::ledger
