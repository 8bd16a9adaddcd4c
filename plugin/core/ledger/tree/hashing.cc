#include "plugin/core/ledger/tree/hashing.h"

#include "attestors/base/encoding.h"

namespace svidence::ledger {

Digest LeafHash(const Hasher& hasher, std::string_view entry) {
  constexpr std::string_view kLeafPrefix("\0", 1);
  return hasher.Sha256({kLeafPrefix, entry});
}

Digest NodeHash(const Hasher& hasher, const Digest& left, const Digest& right) {
  constexpr std::string_view kNodePrefix("\x01", 1);
  return hasher.Sha256({kNodePrefix, TextOf(left), TextOf(right)});
}

Digest EmptyRoot(const Hasher& hasher) { return hasher.Sha256({}); }

}  // namespace svidence::ledger
