#include "plugin/core/ledger/log_keys.h"

#include <utility>

#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {

StatusOr<std::vector<TrustedKey>> LogKeysAt(const Hasher& hasher, const LogIdentity& identity,
                                            std::uint64_t /*size*/) {
  // A log has the key that it was opened with, at every size.
  SVIDENCE_ASSIGN_OR_RETURN(Vkey vkey, ParseVkey(hasher, identity.vkey));
  return std::vector<TrustedKey>{Trust(hasher, std::move(vkey))};
}

Status CheckLogSignature(const Hasher& hasher, const Ed25519Verifier& verifier,
                         const LogIdentity& identity, const SignedNote& note, std::uint64_t size) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::vector<TrustedKey> keys, LogKeysAt(hasher, identity, size));
  return VerifyNote(note, keys, {.verifier = verifier, .limit = {}}).status();
}

StatusOr<Checkpoint> OpenOwnCheckpoint(const Hasher& hasher, const Ed25519Verifier& verifier,
                                       const LogIdentity& identity, std::string_view note) {
  SVIDENCE_ASSIGN_OR_RETURN(const SignedNote parsed, ParseNote(note));
  SVIDENCE_ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  if (checkpoint.origin != identity.origin) {
    return PermissionDenied("the checkpoint must be of log " + Quote(identity.origin, 256) +
                            ", is of " + Quote(checkpoint.origin, 256));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckLogSignature(hasher, verifier, identity, parsed, checkpoint.size));
  return checkpoint;
}

}  // namespace svidence::ledger
