// Which key signs the log's checkpoints at which size: what `log.opened` and every
// `key.changed` say. docs/formats/ledger.md gives the form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/entry.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

constexpr std::string_view kKeyChangedType = "key.changed";
// Keys that one log may have in its life.
constexpr std::size_t kMaxLogKeys = 64;
// Of a list of keys as text: longer than kMaxLogKeys of the longest lines.
constexpr std::size_t kMaxKeyListBytes = std::size_t{64} * 1024;

// Why a key was changed: the only codes there are.
std::span<const std::string_view> KeyChangeReasons();
bool IsKeyChangeReason(std::string_view code);

// One key hands over to the next.
struct KeyChange {
  Vkey from;
  Vkey to;
  std::string reason;  // an IsKeyChangeReason
};

// What both keys sign. Its first line is no log's origin, and its second no
// number, so that neither signature is ever one of a checkpoint.
std::string KeyChangeText(const Hasher& hasher, const KeyChange& change);

// The draft of a `key.changed`, signed by both keys.
// Errors: InvalidArgument on a reason that is none, a signer that is not of its
//         key, or keys that are not two of one log; those of the signers.
StatusOr<EntryDraft> DraftKeyChanged(const Hasher& hasher, const KeyChange& change,
                                     const NoteSigner& from, const NoteSigner& to,
                                     std::string_view by);

// A key, and the sizes of the checkpoints that it may sign.
struct LogKey {
  TrustedKey key;
  std::uint64_t first_size = 0;
  std::optional<std::uint64_t> last_size{};  // nullopt: it signs on

  bool MaySign(std::uint64_t size) const {
    return size >= first_size && (!last_size || size <= *last_size);
  }
};

// A value. The `key.changed` that is entry i ends the old key's range and begins
// the new one's at size i+1: that one checkpoint both may sign.
class KeySchedule {
 public:
  // Errors: InvalidArgument if the identity's vkey does not read.
  static StatusOr<KeySchedule> Begin(const Hasher& hasher, const LogIdentity& identity);

  // Goes on with `entry`, a `key.changed` that stands at its own index.
  // Errors: InvalidArgument if its members are not as the format says, it does not
  //         change the current key into one that never was this log's, or there
  //         would be more than kMaxLogKeys; PermissionDenied unless both keys have
  //         signed it. The schedule is as it was.
  Status Apply(const Hasher& hasher, const Ed25519Verifier& verifier, const Entry& entry);

  // Reads a list of keys: what Format gives, or one vkey alone.
  // Errors: InvalidArgument, "line <n>: ...", on any other form, on keys of two
  //         logs, and on ranges that do not follow one another.
  static StatusOr<KeySchedule> Parse(const Hasher& hasher, std::string_view text);
  // A line a key, oldest first: "<vkey>" alone if there was never another, else
  // "<vkey> <first size>-<last size>", the last one "<vkey> <first size>-".
  std::string Format(const Hasher& hasher) const;

  const std::string& origin() const { return keys_.front().key.vkey.name; }
  std::span<const LogKey> keys() const { return keys_; }
  const LogKey& current() const { return keys_.back(); }

  // May the public key of `signer` sign a checkpoint of `size`?
  // Errors: PermissionDenied, saying which key may, and since which entry.
  Status CheckMaySign(const PublicKey& signer, std::uint64_t size) const;

  friend bool operator==(const KeySchedule& a, const KeySchedule& b);

 private:
  explicit KeySchedule(LogKey first) { keys_.push_back(std::move(first)); }
  Status CheckNext(const Vkey& next) const;
  void Add(TrustedKey next, std::uint64_t from_size);

  std::vector<LogKey> keys_;  // at least one; ranges follow one another
};

}  // namespace svidence::ledger
