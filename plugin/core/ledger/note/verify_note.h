// Which of the keys that we trust have signed a note.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/note/cosignature.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/signed_note.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {

// A key with its ID, which costs a hash.
struct TrustedKey {
  Vkey vkey;
  std::uint32_t id = 0;
};
TrustedKey Trust(const Hasher& hasher, Vkey vkey);

// `verifier` must outlive it.
struct VerifyContext {
  const Ed25519Verifier& verifier;
  TimeLimit limit;
};

// A signature that is good.
struct GoodSignature {
  std::size_t key = 0;   // its place among the keys that were asked about
  UnixSeconds time = 0;  // of a cosignature; 0 for other types
  // False for a cosignature from further ahead than the limit: the witness's clock
  // is wrong or ours is. It must not count, but spoils nothing.
  bool timely = true;

  friend bool operator==(const GoodSignature&, const GoodSignature&) = default;
};

// The signatures by any of `keys`, at most one a key, in the order of the lines;
// of several by one witness the latest that is timely. May be empty. Lines of
// other keys are passed over, also if they share name or ID with one of `keys`.
//
// Errors: PermissionDenied if a line has name and ID of one of `keys` but not its
//         signature: whoever made that note is not to be believed in the rest.
// Source: c2sp.org/signed-note, "Signatures".
StatusOr<std::vector<GoodSignature>> FindSignatures(const SignedNote& note,
                                                    std::span<const TrustedKey> keys,
                                                    const VerifyContext& context);

// As FindSignatures, of those that are timely.
// Errors: also PermissionDenied if there is none.
StatusOr<std::vector<GoodSignature>> VerifyNote(const SignedNote& note,
                                                std::span<const TrustedKey> keys,
                                                const VerifyContext& context);

}  // namespace svidence::ledger
