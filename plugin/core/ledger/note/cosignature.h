// Cosignatures: a witness says that, at a time, a checkpoint was the largest
// consistent one that it had seen of a log.
//
//   signature = time[8, big-endian, seconds] || Ed25519(message)
//   message   = "cosignature/v1" LF "time " decimal LF text of the checkpoint
//
// Source: c2sp.org/tlog-cosignature, version 1.0.1, "Ed25519 signed message".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/signed_note.h"

namespace svidence::ledger {

// Seconds since 1970-01-01T00:00:00Z, at most kMaxTextNumber.
using UnixSeconds = std::uint64_t;

constexpr UnixSeconds kMaxAhead = 300;

// How late it is, and how far ahead of us a witness's clock may be.
struct TimeLimit {
  UnixSeconds now = 0;
  UnixSeconds max_ahead = kMaxAhead;

  bool Allows(UnixSeconds time) const { return time <= now || time - now <= max_ahead; }
};

// What a witness signs. `text` is a checkpoint's text with its last line feed.
std::string CosignedMessage(UnixSeconds time, std::string_view text);

// Errors: InvalidArgument if `witness` is not of KeyType::kCosignature, `text` is
//         no checkpoint, or `time` is not from 1 to kMaxTextNumber; those of
//         `witness`.
StatusOr<NoteSignature> SignCosignature(const NoteSigner& witness, std::string_view text,
                                        UnixSeconds time);

// The time at which `key` cosigned `text`; nullopt if `signature`, the bytes of a
// signature line, is no cosignature of it: of another length, with a time over
// kMaxTextNumber, or not made by `key`. Whether the time may be is TimeLimit's.
std::optional<UnixSeconds> CosignatureTime(const Ed25519Verifier& verifier, const PublicKey& key,
                                           std::string_view text, std::string_view signature);

}  // namespace svidence::ledger
