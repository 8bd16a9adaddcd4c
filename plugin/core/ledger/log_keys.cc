#include "plugin/core/ledger/log_keys.h"

#include "attestors/base/quote.h"

namespace svidence::ledger {

std::vector<TrustedKey> LogKeysAt(const KeySchedule& keys, std::uint64_t size) {
  std::vector<TrustedKey> may;
  for (const LogKey& key : keys.keys()) {
    if (!key.last_size || *key.last_size >= size) may.push_back(key.key);
  }
  return may;
}

Status CheckLogSignature(const Ed25519Verifier& verifier, const KeySchedule& keys,
                         const SignedNote& note, std::uint64_t size) {
  return VerifyNote(note, LogKeysAt(keys, size), {.verifier = verifier, .limit = {}}).status();
}

StatusOr<Checkpoint> OpenOwnCheckpoint(const Ed25519Verifier& verifier, const KeySchedule& keys,
                                       std::string_view note) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  SVIDENCE_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  if (checkpoint.origin != keys.origin()) {
    return PermissionDenied("the checkpoint must be of log " + Quote(keys.origin(), 256) +
                            ", is of " + Quote(checkpoint.origin, 256));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckLogSignature(verifier, keys, parsed, checkpoint.size));
  return checkpoint;
}

}  // namespace svidence::ledger
