#include "plugin/core/ledger/note/signed_note.h"

#include <algorithm>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/text.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {
namespace {

constexpr std::string_view kLineStart = "\xe2\x80\x94 ";  // U+2014
constexpr std::size_t kKeyIdBytes = 4;

Status CheckCharacters(std::string_view text, std::string_view what) {
  if (text.size() > kMaxNoteBytes) {
    return InvalidArgument(std::string(what) + " must have at most " +
                           std::to_string(kMaxNoteBytes) + " bytes, has " +
                           std::to_string(text.size()));
  }
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; })) {
    return InvalidArgument(std::string(what) + " must have no control character but line feeds");
  }
  if (!IsUtf8(text)) return InvalidArgument(std::string(what) + " must be UTF-8");
  return OkStatus();
}

Status BadLine(std::string_view line) {
  return InvalidArgument(
      "a signature line must be U+2014, a name, and base64 of a key ID and 1 to " +
      std::to_string(kMaxSignatureBytes) + " bytes, has " + Quote(line, 256));
}

StatusOr<NoteSignature> ParseLine(std::string_view line) {
  std::string_view rest = line;
  if (!rest.starts_with(kLineStart)) return BadLine(line);
  rest.remove_prefix(kLineStart.size());
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos) return BadLine(line);
  const std::string_view name = rest.substr(0, space);
  const StatusOr<std::string> bytes = Base64Decode(rest.substr(space + 1));
  if (!IsNoteKeyName(name) || !bytes.ok() || bytes->size() <= kKeyIdBytes ||
      bytes->size() > kKeyIdBytes + kMaxSignatureBytes) {
    return BadLine(line);
  }
  NoteSignature signature{
      .name = std::string(name), .key_id = 0, .bytes = bytes->substr(kKeyIdBytes)};
  for (std::size_t i = 0; i < kKeyIdBytes; ++i) {
    signature.key_id = signature.key_id << 8U | static_cast<unsigned char>((*bytes)[i]);
  }
  return signature;
}

// `lines` has been through CheckCharacters.
StatusOr<std::vector<NoteSignature>> ParseLines(std::string_view lines) {
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    if (signatures.size() == kMaxNoteSignatures) {
      return InvalidArgument("there must be at most " + std::to_string(kMaxNoteSignatures) +
                             " signature lines");
    }
    const std::optional<std::string_view> line = TakeLine(lines);
    if (!line) return BadLine(lines);  // the last one has no line feed
    SVIDENCE_ASSIGN_OR_RETURN(NoteSignature signature, ParseLine(*line));
    signatures.push_back(std::move(signature));
  }
  if (signatures.empty()) return InvalidArgument("there must be at least one signature line");
  return signatures;
}

}  // namespace

StatusOr<SignedNote> ParseNote(std::string_view note) {
  SVIDENCE_RETURN_IF_ERROR(CheckCharacters(note, "a note"));
  const std::size_t end = note.rfind("\n\n");
  if (end == std::string_view::npos) {
    return InvalidArgument("a note must have an empty line before its signatures");
  }
  SignedNote parsed;
  SVIDENCE_ASSIGN_OR_RETURN(parsed.signatures, ParseLines(note.substr(end + 2)));
  parsed.text = note.substr(0, end + 1);
  return parsed;
}

StatusOr<std::string> FormatNote(const SignedNote& note) {
  std::string text = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) AppendSignatureLine(text, signature);
  const StatusOr<SignedNote> back = ParseNote(text);
  if (!back.ok()) return back.status();
  if (*back != note) return InvalidArgument("this is no text and signatures of a note");
  return text;
}

StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  SVIDENCE_RETURN_IF_ERROR(CheckCharacters(lines, "signature lines"));
  return ParseLines(lines);
}

void AppendSignatureLine(std::string& out, const NoteSignature& signature) {
  std::string bytes;
  bytes.reserve(kKeyIdBytes + signature.bytes.size());
  for (unsigned shift = 32; shift != 0;) {
    shift -= 8;
    bytes += static_cast<char>(signature.key_id >> shift & 0xffU);
  }
  bytes += signature.bytes;
  out += kLineStart;
  out += signature.name;
  out += ' ';
  out += Base64Encode(BytesOf(bytes));
  out += '\n';
}

}  // namespace svidence::ledger
