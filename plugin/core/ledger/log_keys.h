// Which keys may have signed what a log says of itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

// The keys that may have signed a statement about the log's first `size` entries.
// The only place that knows: whoever looks at a signature of the log asks here.
// Errors: InvalidArgument if `identity` holds no key.
StatusOr<std::vector<TrustedKey>> LogKeysAt(const Hasher& hasher, const LogIdentity& identity,
                                            std::uint64_t size);

// Is `note`, which speaks of the log's first `size` entries, signed by the log?
// Errors: PermissionDenied if not; as LogKeysAt.
Status CheckLogSignature(const Hasher& hasher, const Ed25519Verifier& verifier,
                         const LogIdentity& identity, const SignedNote& note, std::uint64_t size);

// Reads a note that is to be a checkpoint of the log.
// Errors: InvalidArgument if it is no note or no checkpoint; PermissionDenied if
//         it is of another origin or not signed by a key that may have.
StatusOr<Checkpoint> OpenOwnCheckpoint(const Hasher& hasher, const Ed25519Verifier& verifier,
                                       const LogIdentity& identity, std::string_view note);

}  // namespace svidence::ledger
