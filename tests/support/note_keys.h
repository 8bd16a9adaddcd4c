// Keys of logs and witnesses for tests: always the same ones, and one that fails.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/ed25519.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/note/verify_note.h"

namespace svidence::testing {

// The key whose seed is 32 times `seed`. Source: RFC 8410, section 7.
inline openssl::Ed25519Key KeyOfSeed(std::uint8_t seed) {
  std::string der = *HexDecode("302e020100300506032b657004220420");
  der.append(32, static_cast<char>(seed));
  const std::string pem = "-----BEGIN PRIVATE KEY-----\n" + Base64Encode(BytesOf(der)) +
                          "\n-----END PRIVATE KEY-----\n";
  Secret secret(pem.size());
  std::copy(pem.begin(), pem.end(), secret.data());
  secret.SetSize(pem.size());
  return *openssl::Ed25519Key::FromPem(secret);
}

// A log's or witness's key that signs. Movable.
class NoteKey {
 public:
  NoteKey(const Hasher& hasher, std::uint8_t seed, std::string_view name,
          ledger::KeyType type = ledger::KeyType::kEd25519)
      : key_(std::make_unique<openssl::Ed25519Key>(KeyOfSeed(seed))),
        signer_(*openssl::Ed25519NoteSigner::Create(hasher, *key_, name, type)) {}

  const ledger::NoteSigner& signer() const { return signer_; }
  const ledger::Vkey& vkey() const { return signer_.vkey(); }
  ledger::TrustedKey trusted() const { return {.vkey = vkey(), .id = signer_.key_id()}; }

  // A line that signs `text` as a note of any kind.
  ledger::NoteSignature Sign(std::string_view text) const {
    return {.name = signer_.name(),
            .key_id = signer_.key_id(),
            .bytes = std::string(TextOf(*signer_.Sign(text)))};
  }

 private:
  std::unique_ptr<openssl::Ed25519Key> key_;
  openssl::Ed25519NoteSigner signer_;
};

// Names a key and never signs.
class FailingNoteSigner final : public ledger::NoteSigner {
 public:
  FailingNoteSigner(std::string name, ledger::KeyType type, Status error)
      : name_(std::move(name)), type_(type), error_(std::move(error)) {}

  const std::string& name() const override { return name_; }
  std::uint32_t key_id() const override { return 1; }
  ledger::KeyType type() const override { return type_; }
  StatusOr<ledger::Signature> Sign(std::string_view /*message*/) const override { return error_; }

 private:
  std::string name_;
  ledger::KeyType type_;
  Status error_;
};

// `text` with one bit turned over.
inline std::string FlipBit(std::string text, std::size_t bit) {
  text[bit / 8] = static_cast<char>(static_cast<unsigned char>(text[bit / 8]) ^ (1U << (bit % 8)));
  return text;
}

}  // namespace svidence::testing
