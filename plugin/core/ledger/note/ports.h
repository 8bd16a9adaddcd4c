// What the signed texts need from a crypto library.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
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

// Port: whoever signs the checkpoints of one log: a key of its own, or, over a change
// of keys, more than one.
class CheckpointSigner {
 public:
  virtual ~CheckpointSigner() = default;

  // The signed note of the tree. The same tree gives the same bytes. Thread-safe.
  // Errors: InvalidArgument if it is no tree that a checkpoint can name; what keeps
  //         the signer from answering.
  virtual StatusOr<std::string> SignTree(std::uint64_t size, const Digest& root) const = 0;

  // Any other text, which must be none that a checkpoint could have, as a signed note.
  // Thread-safe. Errors: what keeps the signer from answering.
  virtual StatusOr<std::string> SignNote(std::string_view text) const = 0;

  // True if signing may wait for something outside this process. It then ends by
  // itself, but is not called where others would have to wait for it.
  virtual bool may_wait() const { return false; }
};

// Port: one Ed25519 key that signs notes under a name. Implemented by
// plugin/adapters/openssl (in this process) and plugin/adapters/linux (an ssh-agent),
// with faults by tests/support.
class NoteSigner : public CheckpointSigner {
 public:
  // That of name(), type and public key. Both never change.
  virtual const std::string& name() const = 0;
  virtual std::uint32_t key_id() const = 0;
  virtual KeyType type() const = 0;

  // Deterministic: the same message gives the same signature. Thread-safe.
  // Errors: Internal if the library fails; whatever keeps a signer that is not in
  //         this process from answering.
  virtual StatusOr<Signature> Sign(std::string_view message) const = 0;

  StatusOr<std::string> SignNote(std::string_view text) const override;
  // As a log of that name: SignCheckpoint.
  StatusOr<std::string> SignTree(std::uint64_t size, const Digest& root) const override;
};

}  // namespace svidence::ledger
