// Which keys may have signed what a log says of itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "attestors/base/status.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::ledger {

// The keys that may have signed a statement about the log's first `size` entries: the
// one that signed at that size, and those that followed it, which may have said it
// later. A key that was given up before is not among them.
std::vector<TrustedKey> LogKeysAt(const KeySchedule& keys, std::uint64_t size);

// Is `note`, which speaks of the log's first `size` entries, signed by the log?
// Errors: PermissionDenied if not.
Status CheckLogSignature(const Ed25519Verifier& verifier, const KeySchedule& keys,
                         const SignedNote& note, std::uint64_t size);

// Reads a note that is to be a checkpoint of the log.
// Errors: InvalidArgument if it is no note or no checkpoint; PermissionDenied if
//         it is of another origin or not signed by a key that may have.
StatusOr<Checkpoint> OpenOwnCheckpoint(const Ed25519Verifier& verifier, const KeySchedule& keys,
                                       std::string_view note);

}  // namespace svidence::ledger
