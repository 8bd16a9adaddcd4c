#include "plugin/core/ledger/note/verify_note.h"

#include <algorithm>
#include <optional>

#include "attestors/base/quote.h"

namespace svidence::ledger {
namespace {

bool IsEd25519Signature(const Ed25519Verifier& verifier, const PublicKey& key,
                        std::string_view text, std::string_view bytes) {
  Signature signature{};
  if (bytes.size() != signature.size()) return false;
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return verifier.Verify(key, text, signature);
}

// nullopt: not that key's signature. GoodSignature::key is left to the caller.
std::optional<GoodSignature> Check(const VerifyContext& context, const Vkey& vkey,
                                   std::string_view text, std::string_view bytes) {
  if (vkey.type == KeyType::kEd25519) {
    if (!IsEd25519Signature(context.verifier, vkey.key, text, bytes)) return std::nullopt;
    return GoodSignature{};
  }
  const std::optional<UnixSeconds> time = CosignatureTime(context.verifier, vkey.key, text, bytes);
  if (!time) return std::nullopt;
  return GoodSignature{.key = 0, .time = *time, .timely = context.limit.Allows(*time)};
}

// Of two by one key: the timely one, then the later one.
void Keep(std::vector<GoodSignature>& kept, const GoodSignature& found) {
  const auto same = std::find_if(kept.begin(), kept.end(), [&found](const GoodSignature& other) {
    return other.key == found.key;
  });
  if (same == kept.end()) {
    kept.push_back(found);
  } else if (found.timely && (!same->timely || found.time > same->time)) {
    *same = found;
  }
}

}  // namespace

TrustedKey Trust(const Hasher& hasher, Vkey vkey) {
  const std::uint32_t id = KeyId(hasher, vkey);
  return {.vkey = std::move(vkey), .id = id};
}

StatusOr<std::vector<GoodSignature>> FindSignatures(const SignedNote& note,
                                                    std::span<const TrustedKey> keys,
                                                    const VerifyContext& context) {
  std::vector<GoodSignature> kept;
  for (const NoteSignature& line : note.signatures) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const TrustedKey& key = keys[i];
      if (key.id != line.key_id || key.vkey.name != line.name) continue;
      std::optional<GoodSignature> found = Check(context, key.vkey, note.text, line.bytes);
      if (!found) {
        return PermissionDenied("the signature of " + Quote(line.name, 256) +
                                " does not fit the note");
      }
      found->key = i;
      Keep(kept, *found);
    }
  }
  return kept;
}

StatusOr<std::vector<GoodSignature>> VerifyNote(const SignedNote& note,
                                                std::span<const TrustedKey> keys,
                                                const VerifyContext& context) {
  SVIDENCE_ASSIGN_OR_RETURN(std::vector<GoodSignature> found, FindSignatures(note, keys, context));
  std::erase_if(found, [](const GoodSignature& signature) { return !signature.timely; });
  if (found.empty()) return PermissionDenied("no key that is trusted has signed the note");
  return found;
}

}  // namespace svidence::ledger
