#include "plugin/core/ledger/note/witness_message.h"

#include <algorithm>
#include <optional>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kOld = "old ";

Status BadLine(std::string_view want, std::optional<std::string_view> line) {
  return InvalidArgument("a request must have " + std::string(want) + " here, has " +
                         (line ? Quote(*line) : "no such line"));
}

StatusOr<std::vector<Digest>> TakeProof(std::string_view& rest) {
  std::vector<Digest> proof;
  while (true) {
    const std::optional<std::string_view> line = TakeLine(rest);
    if (line && line->empty()) return proof;
    const std::optional<Digest> hash = line ? ParseHash(*line) : std::nullopt;
    if (!hash) return BadLine("a hash in base64 or an empty line", line);
    if (proof.size() == kMaxConsistencyHashes) {
      return BadLine("at most " + std::to_string(kMaxConsistencyHashes) + " hashes", line);
    }
    proof.push_back(*hash);
  }
}

// One line of an answer, as if it stood alone below the checkpoint.
StatusOr<bool> IsCosignature(const SignedNote& checkpoint, std::span<const TrustedKey> witnesses,
                             const VerifyContext& context, const NoteSignature& line) {
  SVIDENCE_ASSIGN_OR_RETURN(
      const std::vector<GoodSignature> found,
      FindSignatures({.text = checkpoint.text, .signatures = {line}}, witnesses, context));
  for (const GoodSignature& signature : found) {
    if (witnesses[signature.key].vkey.type != KeyType::kCosignature || signature.time == 0 ||
        !signature.timely) {
      return PermissionDenied("the cosignature of " + Quote(line.name, 256) +
                              " must be of a time that is not ahead of ours, is of " +
                              std::to_string(signature.time));
    }
  }
  return !found.empty();
}

}  // namespace

StatusOr<std::string> FormatAddCheckpoint(const AddCheckpoint& request) {
  std::string body = std::string(kOld) + std::to_string(request.old_size) + '\n';
  for (const Digest& hash : request.proof) {
    AppendHash(body, hash);
    body += '\n';
  }
  body += '\n';
  body += request.checkpoint;
  SVIDENCE_RETURN_IF_ERROR(ParseAddCheckpoint(body).status());
  return body;
}

StatusOr<AddCheckpoint> ParseAddCheckpoint(std::string_view body) {
  if (body.size() > kMaxNoteBytes) {
    return InvalidArgument("a request must have at most " + std::to_string(kMaxNoteBytes) +
                           " bytes, has " + std::to_string(body.size()));
  }
  AddCheckpoint request;
  const std::optional<std::string_view> line = TakeLine(body);
  const std::optional<std::uint64_t> old =
      line && line->starts_with(kOld) ? ParseDecimal(line->substr(kOld.size())) : std::nullopt;
  if (!old) return BadLine("an old size from 0 to 2^63-1", line);
  request.old_size = *old;
  SVIDENCE_ASSIGN_OR_RETURN(request.proof, TakeProof(body));
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote note, ParseNote(body));
  SVIDENCE_RETURN_IF_ERROR(ParseCheckpoint(note.text).status());
  request.checkpoint = body;
  return request;
}

StatusOr<std::vector<NoteSignature>> ReadCosignatures(std::string_view body,
                                                      std::string_view checkpoint,
                                                      std::span<const TrustedKey> witnesses,
                                                      const VerifyContext& context) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote note, ParseNote(checkpoint));
  SVIDENCE_RETURN_IF_ERROR(ParseCheckpoint(note.text).status());
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<NoteSignature> lines, ParseSignatureLines(body));
  std::vector<NoteSignature> good;
  for (NoteSignature& line : lines) {
    SVIDENCE_ASSIGN_OR_RETURN(const bool is_one, IsCosignature(note, witnesses, context, line));
    if (is_one) good.push_back(std::move(line));
  }
  if (good.empty()) return PermissionDenied("the witness has not cosigned the checkpoint");
  return good;
}

std::string FormatSizeAnswer(std::uint64_t size) { return std::to_string(size) + '\n'; }

StatusOr<std::uint64_t> ParseSizeAnswer(std::string_view body) {
  std::string_view rest = body;
  const std::optional<std::string_view> line = TakeLine(rest);
  const std::optional<std::uint64_t> size =
      line && rest.empty() ? ParseDecimal(*line) : std::nullopt;
  if (!size) {
    return InvalidArgument("the answer must be a size from 0 to 2^63-1 and a line feed, is " +
                           Quote(body));
  }
  return *size;
}

}  // namespace svidence::ledger
