// Checkpoints: what a log signs of its tree.
//
//   text = origin LF size LF base64(root) LF
//
// The format allows further lines, "extension lines". Our logs never write them
// and our readers refuse them: no monitor can check what they say, newer
// cosignatures do not cover them, and witnesses refuse them.
// Source: c2sp.org/tlog-checkpoint, version 1.0.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

struct Checkpoint {
  std::string origin;      // an IsNoteKeyName: that of the log's key
  std::uint64_t size = 0;  // leaves, at most kMaxTextNumber
  Digest root{};           // Merkle tree hash; of size 0 SHA-256 of nothing

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// SHA-256 of nothing. Source: RFC 6962, section 2.1.
constexpr Digest kEmptyRoot{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                            0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                            0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

// Errors: InvalidArgument if a member is not as above.
StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint);
// Reads the text of a note, not the note.
// Errors: InvalidArgument on any other form, extension lines among them.
StatusOr<Checkpoint> ParseCheckpoint(std::string_view text);

// The note, signed by the log alone. The same checkpoint gives the same bytes.
// Errors: InvalidArgument if `log` is not of KeyType::kEd25519 or its name is not
//         the origin, and as FormatCheckpoint; those of `log`.
StatusOr<std::string> SignCheckpoint(const NoteSigner& log, const Checkpoint& checkpoint);

// Reads a note that is to be a checkpoint of the log with the key `log`.
// Errors: InvalidArgument if it is no note or no checkpoint; PermissionDenied if
//         it is one of another log, or is not signed by `log`.
StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const TrustedKey& log,
                                    const Ed25519Verifier& verifier);

}  // namespace svidence::ledger
