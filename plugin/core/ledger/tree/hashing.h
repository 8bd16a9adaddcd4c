// The hashes of the ledger's Merkle tree.
//
// Leaves and nodes begin with different bytes, so that no node can be shown as
// an entry. Source: RFC 6962, section 2.1, the same as RFC 9162, section 2.1.1.
#pragma once

#include <string_view>

#include "attestors/base/digest.h"

namespace svidence::ledger {

// SHA-256(0x00 || entry).
Digest LeafHash(const Hasher& hasher, std::string_view entry);

// SHA-256(0x01 || left || right).
Digest NodeHash(const Hasher& hasher, const Digest& left, const Digest& right);

// The root of a tree without leaves: SHA-256 of nothing.
Digest EmptyRoot(const Hasher& hasher);

}  // namespace svidence::ledger
