// What a log and a witness say to each other, as text: the bodies of the request
// add-checkpoint and of its answers. How they travel is not known here.
//
//   request = "old " decimal LF { base64 of a hash LF } LF checkpoint
//   200     = signature lines
//   409     = decimal LF              the size that the witness last cosigned
//
// Source: c2sp.org/tlog-witness, version 1.0.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

constexpr std::size_t kMaxConsistencyHashes = 63;

struct AddCheckpoint {
  std::uint64_t old_size = 0;  // that the witness is thought to have cosigned last
  std::vector<Digest> proof;   // of consistency between it and the checkpoint
  std::string checkpoint;      // the note, signed by the log

  friend bool operator==(const AddCheckpoint&, const AddCheckpoint&) = default;
};

// Whether sizes and proof fit each other is no matter of form: a witness has an
// answer of its own for it.
// Errors: InvalidArgument if ParseAddCheckpoint would refuse the text.
StatusOr<std::string> FormatAddCheckpoint(const AddCheckpoint& request);
// Errors: InvalidArgument on any other form, also of the checkpoint, and over the
//         bounds: a witness answers 400.
StatusOr<AddCheckpoint> ParseAddCheckpoint(std::string_view body);

// The cosignatures of `checkpoint` in the answer 200 that are by `witnesses`, to be
// appended to it as lines; those of other keys are left out, so that a witness
// cannot fill our checkpoints with what it likes.
// Errors: InvalidArgument on another form; PermissionDenied if a witness's line is
//         not its signature of this checkpoint, has the time 0 or one that is too
//         far ahead, or if there is none.
StatusOr<std::vector<NoteSignature>> ReadCosignatures(std::string_view body,
                                                      std::string_view checkpoint,
                                                      std::span<const TrustedKey> witnesses,
                                                      const VerifyContext& context);

std::string FormatSizeAnswer(std::uint64_t size);
// Errors: InvalidArgument on any other form than the answer 409 has.
StatusOr<std::uint64_t> ParseSizeAnswer(std::string_view body);

}  // namespace svidence::ledger
