// Ed25519: the log's signing key.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

// OpenSSL's own tag for EVP_PKEY.
struct evp_pkey_st;

namespace svidence::openssl {

using Ed25519PublicKey = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

// The longest key file that is read, in bytes.
constexpr std::size_t kMaxKeyFileBytes = 4096;

// A private key. Movable. Thread-safe after construction.
class Ed25519Key {
 public:
  // Errors: Internal if OpenSSL fails.
  static StatusOr<Ed25519Key> Generate();

  // Reads an unencrypted PKCS#8 key, "-----BEGIN PRIVATE KEY-----".
  // Errors: InvalidArgument if `pem` is not that, or holds a key of another kind.
  // Source: RFC 8410, section 7.
  static StatusOr<Ed25519Key> FromPem(const Secret& pem);
  StatusOr<Secret> ToPem() const;

  const Ed25519PublicKey& public_key() const { return public_key_; }
  // Deterministic: the same message gives the same bytes.
  // Errors: Internal if OpenSSL fails.
  // Source: RFC 8032, section 5.1.6.
  StatusOr<Ed25519Signature> Sign(std::string_view message) const;

 private:
  struct FreePkey {
    void operator()(evp_pkey_st* key) const noexcept;
  };
  using Handle = std::unique_ptr<evp_pkey_st, FreePkey>;

  Ed25519Key(Handle key, const Ed25519PublicKey& public_key)
      : key_(std::move(key)), public_key_(public_key) {}
  static StatusOr<Ed25519Key> FromHandle(Handle key);

  Handle key_;
  Ed25519PublicKey public_key_;
};

// True if `signature` over `message` was made with the private half of `key`.
// A no are also: a signature whose S is not below the group's order; a key of small
// order, for which anybody can make signatures; and a key that is not the one
// spelling of its point. OpenSSL itself refuses only the first.
// Source: RFC 8032, sections 5.1.3 and 5.1.7.
bool VerifyEd25519(const Ed25519PublicKey& key, std::string_view message,
                   const Ed25519Signature& signature);

}  // namespace svidence::openssl
