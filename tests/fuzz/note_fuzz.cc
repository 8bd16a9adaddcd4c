// Notes come from logs, witnesses and whoever stands between.
//   What is read is written again byte for byte.
//   A key is found only if a line has its name and ID, and never if no signature
//   is good.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace {

using namespace svidence::ledger;

void Demand(bool holds) {
  if (!holds) __builtin_trap();
}

class Always final : public Ed25519Verifier {
 public:
  explicit Always(bool answer) : answer_(answer) {}
  bool Verify(const PublicKey& /*key*/, std::string_view /*message*/,
              const Signature& /*signature*/) const override {
    return answer_;
  }

 private:
  bool answer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto lines = ParseSignatureLines(bytes);
  if (lines.ok()) {
    std::string again;
    for (const NoteSignature& line : *lines) AppendSignatureLine(again, line);
    Demand(again == bytes);
  }
  const auto note = ParseNote(bytes);
  if (!note.ok()) return 0;
  const auto again = FormatNote(*note);
  Demand(again.ok() && *again == bytes);

  // The IDs of the seeds' keys.
  const std::array<TrustedKey, 2> keys{
      TrustedKey{.vkey = {.name = "example.com/foo", .key = {}, .type = KeyType::kEd25519},
                 .id = 0x530d903aU},
      TrustedKey{.vkey = {.name = "witness.example/w1", .key = {}, .type = KeyType::kCosignature},
                 .id = 0xdf1c0a35U}};
  const auto found =
      FindSignatures(*note, keys, {.verifier = Always(true), .limit = {.now = 1, .max_ahead = 0}});
  const auto none = FindSignatures(*note, keys, {.verifier = Always(false), .limit = {}});
  Demand(!none.ok() || none->empty());
  if (!found.ok()) return 0;
  for (const GoodSignature& signature : *found) {
    const TrustedKey& key = keys.at(signature.key);
    Demand(signature.timely == (signature.time <= 1));
    Demand(std::any_of(note->signatures.begin(), note->signatures.end(),
                       [&key](const NoteSignature& line) {
                         return line.key_id == key.id && line.name == key.vkey.name;
                       }));
  }
  return 0;
}
