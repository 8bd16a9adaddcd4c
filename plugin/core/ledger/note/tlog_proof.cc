#include "plugin/core/ledger/note/tlog_proof.h"

#include <optional>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Status BadLine(std::string_view want, std::string_view rest) {
  return InvalidArgument("a proof must have " + std::string(want) + " here, has " + Quote(rest));
}

// The line "extra ", if there is one.
Status TakeExtra(std::string_view& rest, std::string& extra) {
  if (!rest.starts_with(kExtra)) return OkStatus();
  const std::optional<std::string_view> line = TakeLine(rest);
  StatusOr<std::string> bytes =
      line ? Base64Decode(line->substr(kExtra.size())) : InvalidArgument("no line");
  if (!bytes.ok() || bytes->empty()) return BadLine("extra data in base64", rest);
  extra = *std::move(bytes);
  return OkStatus();
}

StatusOr<std::uint64_t> TakeIndex(std::string_view& rest) {
  const std::string_view before = rest;
  const std::optional<std::string_view> line = TakeLine(rest);
  const std::optional<std::uint64_t> index =
      line && line->starts_with(kIndex) ? ParseDecimal(line->substr(kIndex.size())) : std::nullopt;
  if (!index) return BadLine("an index from 0 to 2^63-1", before);
  return *index;
}

// The hashes, and the empty line behind them.
StatusOr<std::vector<Digest>> TakeHashes(std::string_view& rest) {
  std::vector<Digest> hashes;
  while (true) {
    const std::string_view before = rest;
    const std::optional<std::string_view> line = TakeLine(rest);
    if (line && line->empty()) return hashes;
    const std::optional<Digest> hash = line ? ParseHash(*line) : std::nullopt;
    if (!hash) return BadLine("a hash in base64 or an empty line", before);
    if (hashes.size() == kMaxTlogProofHashes) {
      return BadLine("at most " + std::to_string(kMaxTlogProofHashes) + " hashes", before);
    }
    hashes.push_back(*hash);
  }
}

// The checkpoint of a note of which nothing is believed yet.
StatusOr<Checkpoint> ReadCheckpoint(std::string_view note) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  return ParseCheckpoint(parsed.text);
}

Status TooLong(std::size_t size) {
  return ResourceExhausted("a proof must have at most " + std::to_string(kMaxTlogProofBytes) +
                           " bytes, has " + std::to_string(size));
}

}  // namespace

StatusOr<std::string> FormatTlogProof(std::uint64_t index, std::span<const Digest> hashes,
                                      std::string_view checkpoint, std::string_view extra) {
  if (index > kMaxTextNumber || hashes.size() > kMaxTlogProofHashes) {
    return InvalidArgument("a proof must have an index to 2^63-1 and at most " +
                           std::to_string(kMaxTlogProofHashes) + " hashes, got index " +
                           std::to_string(index) + " and " + std::to_string(hashes.size()));
  }
  // Before anything is allocated for them.
  const std::size_t given = checkpoint.size() + extra.size();
  if (given > kMaxTlogProofBytes) return TooLong(given);
  std::string text;
  text.reserve(kFirstLine.size() + 2 * extra.size() + hashes.size() * (kHashTextBytes + 1) +
               checkpoint.size() + 64);
  text += kFirstLine;
  if (!extra.empty()) text.append(kExtra).append(Base64Encode(BytesOf(extra))) += '\n';
  text.append(kIndex).append(std::to_string(index)) += '\n';
  for (const Digest& hash : hashes) {
    AppendHash(text, hash);
    text += '\n';
  }
  text += '\n';
  text += checkpoint;
  if (text.size() > kMaxTlogProofBytes) return TooLong(text.size());
  return text;
}

StatusOr<TlogProof> ParseTlogProof(std::string_view text) {
  if (text.size() > kMaxTlogProofBytes) {
    return InvalidArgument("a proof must have at most " + std::to_string(kMaxTlogProofBytes) +
                           " bytes, has " + std::to_string(text.size()));
  }
  if (!text.starts_with(kFirstLine)) return BadLine("the line c2sp.org/tlog-proof@v1", text);
  text.remove_prefix(kFirstLine.size());
  TlogProof proof;
  SVIDENCE_RETURN_IF_ERROR(TakeExtra(text, proof.extra));
  SVIDENCE_ASSIGN_OR_RETURN(proof.index, TakeIndex(text));
  SVIDENCE_ASSIGN_OR_RETURN(proof.hashes, TakeHashes(text));
  SVIDENCE_RETURN_IF_ERROR(ReadCheckpoint(text).status());
  proof.checkpoint = text;
  return proof;
}

StatusOr<Evaluation> VerifyTlogProof(const TlogProof& proof, const Digest& leaf,
                                     const Policy& policy, const VerifyContext& context,
                                     const InclusionCheck& included) {
  SVIDENCE_ASSIGN_OR_RETURN(Evaluation evaluation, Evaluate(policy, proof.checkpoint, context));
  if (!evaluation.holds()) return PermissionDenied(evaluation.sentence);
  const Checkpoint& checkpoint = evaluation.checkpoint;
  if (proof.index >= checkpoint.size) {
    return PermissionDenied("the proof is of entry " + std::to_string(proof.index) +
                            ", its checkpoint covers " + std::to_string(checkpoint.size));
  }
  SVIDENCE_RETURN_IF_ERROR(
      included(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root));
  return evaluation;
}

}  // namespace svidence::ledger
