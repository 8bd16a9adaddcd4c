// The ports of signed notes over OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/adapters/openssl/ed25519.h"
#include "plugin/core/ledger/note/ports.h"

namespace svidence::openssl {

class OpenSslEd25519Verifier final : public ledger::Ed25519Verifier {
 public:
  bool Verify(const ledger::PublicKey& key, std::string_view message,
              const ledger::Signature& signature) const override {
    return VerifyEd25519(key, message, signature);
  }
};

// `key` must outlive it.
class Ed25519NoteSigner final : public ledger::NoteSigner {
 public:
  // Errors: InvalidArgument if `name` cannot be a key's.
  static StatusOr<Ed25519NoteSigner> Create(const Hasher& hasher, const Ed25519Key& key,
                                            std::string_view name, ledger::KeyType type);

  const std::string& name() const override { return vkey_.name; }
  std::uint32_t key_id() const override { return key_id_; }
  ledger::KeyType type() const override { return vkey_.type; }
  const ledger::Vkey& vkey() const { return vkey_; }

  StatusOr<ledger::Signature> Sign(std::string_view message) const override {
    return key_->Sign(message);
  }

 private:
  Ed25519NoteSigner(const Ed25519Key& key, ledger::Vkey vkey, std::uint32_t key_id)
      : key_(&key), vkey_(std::move(vkey)), key_id_(key_id) {}

  const Ed25519Key* key_;
  ledger::Vkey vkey_;
  std::uint32_t key_id_;
};

}  // namespace svidence::openssl
