// Signed notes: a text, and lines that say which keys have signed it.
//
//   note = text LF 1*line              text ends in LF; split at the LAST empty line
//   line = U+2014 SP name SP base64(key ID[4, big-endian] || signature) LF
//
// Source: c2sp.org/signed-note, version 1.0.0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"

namespace svidence::ledger {

// Of a whole note, in bytes.
constexpr std::size_t kMaxNoteBytes = 1U << 20U;
// The format wants at least 16.
constexpr std::size_t kMaxNoteSignatures = 64;
// Of one signature behind its key ID. The longest assigned type, ML-DSA-44 with a
// time, has 2,428; others of its kind come to 5,000.
constexpr std::size_t kMaxSignatureBytes = 8192;

// One line: what it claims, not yet looked into.
struct NoteSignature {
  std::string name;          // an IsNoteKeyName
  std::uint32_t key_id = 0;  // which key of that name
  std::string bytes;         // 1..kMaxSignatureBytes; their form depends on the key

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct SignedNote {
  std::string text;  // with its last line feed
  std::vector<NoteSignature> signatures;

  friend bool operator==(const SignedNote&, const SignedNote&) = default;
};

// Proves nothing: until VerifyNote has said yes, all of it is a stranger's text.
// Errors: InvalidArgument on another form, on bytes that are not UTF-8, on a
//         control character below U+0020 but LF, and over the bounds.
StatusOr<SignedNote> ParseNote(std::string_view note);

// ParseNote gives `note` back.
// Errors: InvalidArgument if `note` is none that ParseNote could give.
StatusOr<std::string> FormatNote(const SignedNote& note);

// 1..kMaxNoteSignatures lines alone, as witnesses answer.
// Errors: as ParseNote.
StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);
// `signature` must have the form that ParseNote gives.
void AppendSignatureLine(std::string& out, const NoteSignature& signature);

}  // namespace svidence::ledger
