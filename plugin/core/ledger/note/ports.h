// What the signed texts need from a crypto library.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/status.h"
#include "plugin/core/ledger/note/vkey.h"

namespace svidence::ledger {

// An Ed25519 signature. Source: RFC 8032.
using Signature = std::array<std::uint8_t, 64>;

// Port: Ed25519 verification. Implemented over OpenSSL by plugin/adapters/openssl.
class Ed25519Verifier {
 public:
  virtual ~Ed25519Verifier() = default;

  // True if `signature` over `message` was made with the private half of `key`.
  // False also for a signature that is not the one spelling of its value (S not
  // below the group's order), and for a key with which anybody can sign (of small
  // order) or that is not the one spelling of its point. Thread-safe.
  // Source: RFC 8032, section 5.1.7.
  virtual bool Verify(const PublicKey& key, std::string_view message,
                      const Signature& signature) const = 0;
};

// Port: one Ed25519 key that signs notes under a name. Implemented by
// plugin/adapters/openssl, and with faults by tests/support.
class NoteSigner {
 public:
  virtual ~NoteSigner() = default;

  // That of name(), type and public key. Both never change.
  virtual const std::string& name() const = 0;
  virtual std::uint32_t key_id() const = 0;
  virtual KeyType type() const = 0;

  // Deterministic: the same message gives the same signature. Thread-safe.
  // Errors: Internal if the library fails; whatever keeps a signer that is not in
  //         this process from answering.
  virtual StatusOr<Signature> Sign(std::string_view message) const = 0;
};

}  // namespace svidence::ledger
