#include "plugin/adapters/openssl/note_ports.h"

#include "attestors/base/quote.h"

namespace svidence::openssl {

StatusOr<Ed25519NoteSigner> Ed25519NoteSigner::Create(const Hasher& hasher, const Ed25519Key& key,
                                                      std::string_view name, ledger::KeyType type) {
  if (!ledger::IsNoteKeyName(name)) {
    return InvalidArgument("a key must not be named " + Quote(name, 256));
  }
  ledger::Vkey vkey{.name = std::string(name), .key = key.public_key(), .type = type};
  const std::uint32_t id = ledger::KeyId(hasher, vkey);
  return Ed25519NoteSigner(key, std::move(vkey), id);
}

}  // namespace svidence::openssl
