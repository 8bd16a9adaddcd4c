#include "plugin/core/ledger/note/checkpoint.h"

#include <optional>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

Status CheckMembers(const Checkpoint& checkpoint) {
  if (!IsNoteKeyName(checkpoint.origin)) {
    return InvalidArgument("a checkpoint's origin must be the name of a key, is " +
                           Quote(checkpoint.origin, 256));
  }
  if (checkpoint.size > kMaxTextNumber) {
    return InvalidArgument("a checkpoint's size must be at most 2^63-1, is " +
                           std::to_string(checkpoint.size));
  }
  if (checkpoint.size == 0 && checkpoint.root != kEmptyRoot) {
    return InvalidArgument("a checkpoint of size 0 must have the root of the empty tree");
  }
  return OkStatus();
}

Status Missing(std::string_view what, std::optional<std::string_view> line) {
  return InvalidArgument("a checkpoint must have " + std::string(what) + " here, has " +
                         (line ? Quote(*line, 256) : "no such line"));
}

}  // namespace

StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint) {
  SVIDENCE_RETURN_IF_ERROR(CheckMembers(checkpoint));
  std::string text = checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n';
  AppendHash(text, checkpoint.root);
  text += '\n';
  return text;
}

StatusOr<Checkpoint> ParseCheckpoint(std::string_view text) {
  const std::optional<std::string_view> origin = TakeLine(text);
  if (!origin) return Missing("an origin", origin);
  const std::optional<std::string_view> size_line = TakeLine(text);
  const std::optional<std::uint64_t> size = size_line ? ParseDecimal(*size_line) : std::nullopt;
  if (!size) return Missing("a size from 0 to 2^63-1", size_line);
  const std::optional<std::string_view> root_line = TakeLine(text);
  const std::optional<Digest> root = root_line ? ParseHash(*root_line) : std::nullopt;
  if (!root) return Missing("a root hash", root_line);
  if (!text.empty()) {
    return InvalidArgument("a checkpoint must end after three lines, goes on with " +
                           Quote(text, 256));
  }
  Checkpoint checkpoint{.origin = std::string(*origin), .size = *size, .root = *root};
  SVIDENCE_RETURN_IF_ERROR(CheckMembers(checkpoint));
  return checkpoint;
}

StatusOr<std::string> SignCheckpoint(const NoteSigner& log, const Checkpoint& checkpoint) {
  if (log.type() != KeyType::kEd25519 || log.name() != checkpoint.origin) {
    return InvalidArgument("a checkpoint of " + Quote(checkpoint.origin, 256) +
                           " must be signed by a log's key of that name, not by " +
                           Quote(log.name(), 256));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, FormatCheckpoint(checkpoint));
  return log.SignNote(text);
}

StatusOr<std::string> NoteSigner::SignNote(std::string_view text) const {
  SVIDENCE_ASSIGN_OR_RETURN(const Signature signature, Sign(text));
  std::string note(text);
  note += '\n';
  AppendSignatureLine(
      note, {.name = name(), .key_id = key_id(), .bytes = std::string(TextOf(signature))});
  return note;
}

StatusOr<std::string> NoteSigner::SignTree(std::uint64_t size, const Digest& root) const {
  return SignCheckpoint(*this, {.origin = name(), .size = size, .root = root});
}

StatusOr<Checkpoint> OpenCheckpoint(std::string_view note, const TrustedKey& log,
                                    const Ed25519Verifier& verifier) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  SVIDENCE_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  if (log.vkey.type != KeyType::kEd25519 || checkpoint.origin != log.vkey.name) {
    return PermissionDenied("the checkpoint must be of log " + Quote(log.vkey.name, 256) +
                            ", is of " + Quote(checkpoint.origin, 256));
  }
  SVIDENCE_RETURN_IF_ERROR(
      VerifyNote(parsed, {&log, 1}, {.verifier = verifier, .limit = {}}).status());
  return checkpoint;
}

}  // namespace svidence::ledger
