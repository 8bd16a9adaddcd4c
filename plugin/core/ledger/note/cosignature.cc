#include "plugin/core/ledger/note/cosignature.h"

#include <algorithm>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/text.h"

namespace svidence::ledger {
namespace {

constexpr std::size_t kTimeBytes = 8;

}  // namespace

std::string CosignedMessage(UnixSeconds time, std::string_view text) {
  std::string message = "cosignature/v1\ntime " + std::to_string(time) + '\n';
  message += text;
  return message;
}

StatusOr<NoteSignature> SignCosignature(const NoteSigner& witness, std::string_view text,
                                        UnixSeconds time) {
  if (witness.type() != KeyType::kCosignature) {
    return InvalidArgument("a witness's key must be of type 4, that of " +
                           Quote(witness.name(), 256) + " is not");
  }
  SVIDENCE_RETURN_IF_ERROR(ParseCheckpoint(text).status());
  // A witness must not leave the time out, which 0 would mean to others.
  if (time == 0 || time > kMaxTextNumber) {
    return InvalidArgument("the time of a cosignature must be from 1 to 2^63-1 seconds, got " +
                           std::to_string(time));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Signature signature, witness.Sign(CosignedMessage(time, text)));
  NoteSignature line{.name = witness.name(), .key_id = witness.key_id(), .bytes = {}};
  for (unsigned shift = 8 * kTimeBytes; shift != 0;) {
    shift -= 8;
    line.bytes += static_cast<char>(time >> shift & 0xffU);
  }
  line.bytes += TextOf(signature);
  return line;
}

std::optional<UnixSeconds> CosignatureTime(const Ed25519Verifier& verifier, const PublicKey& key,
                                           std::string_view text, std::string_view signature) {
  Signature ed25519{};
  if (signature.size() != kTimeBytes + ed25519.size()) return std::nullopt;
  UnixSeconds time = 0;
  for (const char c : signature.substr(0, kTimeBytes)) {
    time = time << 8U | static_cast<unsigned char>(c);
  }
  if (time > kMaxTextNumber) return std::nullopt;
  std::copy(signature.begin() + kTimeBytes, signature.end(), ed25519.begin());
  if (!verifier.Verify(key, CosignedMessage(time, text), ed25519)) return std::nullopt;
  return time;
}

}  // namespace svidence::ledger
