#include "plugin/adapters/linux/log_key_ring.h"

#include <memory>

#include "attestors/base/quote.h"
#include "attestors/base/secret.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/ssh_agent.h"
#include "plugin/adapters/openssl/ed25519.h"
#include "plugin/adapters/openssl/note_ports.h"

namespace svidence::linux_os {
namespace {

using openssl::Ed25519Key;

constexpr std::size_t kMaxShownPath = 256;

// A signer that owns its key.
class FileSigner final : public ledger::NoteSigner {
 public:
  static StatusOr<std::shared_ptr<const ledger::NoteSigner>> Create(const Hasher& hasher,
                                                                    Ed25519Key key,
                                                                    std::string_view name) {
    auto owned = std::make_unique<Ed25519Key>(std::move(key));
    SVIDENCE_ASSIGN_OR_RETURN(
        openssl::Ed25519NoteSigner signer,
        openssl::Ed25519NoteSigner::Create(hasher, *owned, name, ledger::KeyType::kEd25519));
    return std::shared_ptr<const ledger::NoteSigner>(
        std::make_shared<FileSigner>(std::move(owned), std::move(signer)));
  }
  FileSigner(std::unique_ptr<Ed25519Key> key, openssl::Ed25519NoteSigner signer)
      : key_(std::move(key)), signer_(std::move(signer)) {}

  const std::string& name() const override { return signer_.name(); }
  std::uint32_t key_id() const override { return signer_.key_id(); }
  ledger::KeyType type() const override { return signer_.type(); }
  StatusOr<ledger::Signature> Sign(std::string_view message) const override {
    return signer_.Sign(message);
  }

 private:
  std::unique_ptr<Ed25519Key> key_;
  openssl::Ed25519NoteSigner signer_;
};

// Errors: NotFound if there is no such file.
StatusOr<Ed25519Key> Load(const std::string& path) {
  const StatusOr<Secret> pem = ReadPrivateFile(path, openssl::kMaxKeyFileBytes);
  if (!pem.ok()) return Annotate(pem.status(), "log key");
  StatusOr<Ed25519Key> key = Ed25519Key::FromPem(*pem);
  if (key.ok()) return key;
  return Annotate(key.status(), "reading the log key " + Quote(path, kMaxShownPath));
}

StatusOr<Ed25519Key> LoadOrCreate(const std::string& path) {
  StatusOr<Ed25519Key> known = Load(path);
  if (known.status().code() != StatusCode::kNotFound) return known;
  SVIDENCE_ASSIGN_OR_RETURN(Ed25519Key key, Ed25519Key::Generate());
  SVIDENCE_ASSIGN_OR_RETURN(const Secret pem, key.ToPem());
  SVIDENCE_RETURN_IF_ERROR(CreateFileDurably(path, pem.Reveal(), 0600));
  return key;
}

Status Missing(const std::string& path) {
  return FailedPrecondition("the log key " + Quote(path, kMaxShownPath) +
                            " is missing, but the ledger has begun: put the key back from your "
                            "backup, or set log_key to where it is");
}

StatusOr<ledger::OwnKey> OwnKeyOf(const Hasher& hasher, Ed25519Key key, std::string_view origin) {
  ledger::OwnKey own{.vkey = {.name = std::string(origin), .key = key.public_key()}, .signer = {}};
  SVIDENCE_ASSIGN_OR_RETURN(own.signer, FileSigner::Create(hasher, std::move(key), origin));
  return own;
}

}  // namespace

StatusOr<ledger::PublicKey> LogKeyRing::Begin() {
  if (in_agent()) {
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::AgentKeyName name, ledger::ParseAgentKeyName(source_));
    return FindAgentKey(hasher_, name, agent_timeout_);
  }
  SVIDENCE_ASSIGN_OR_RETURN(const Ed25519Key key, LoadOrCreate(source_));
  return key.public_key();
}

StatusOr<ledger::PublicKey> LogKeyRing::Find(const ledger::Vkey& current) {
  if (in_agent()) {
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::AgentKeyName name, ledger::ParseAgentKeyName(source_));
    const std::string print =
        ledger::AgentKeyFingerprint(hasher_, ledger::AgentKeyBlob(current.key));
    if (print == name.fingerprint) return current.key;
    return FailedPrecondition("the ledger's key has the fingerprint " + print +
                              ", log_key names the agent's key " + name.fingerprint +
                              ": name the ledger's own key there");
  }
  const std::lock_guard lock(files_);
  const StatusOr<Ed25519Key> key = Load(source_);
  const bool is_missing = key.status().code() == StatusCode::kNotFound;
  if (!key.ok() && !is_missing) return key.status();
  if (key.ok() && key->public_key() == current.key) return current.key;
  SVIDENCE_ASSIGN_OR_RETURN(const bool placed, PutInPlace(current));
  if (placed) return current.key;
  if (is_missing) return Missing(source_);
  return key->public_key();
}

StatusOr<ledger::OwnKey> LogKeyRing::Open(const ledger::Vkey& vkey) {
  if (in_agent()) {
    SVIDENCE_ASSIGN_OR_RETURN(const ledger::AgentKeyName name, ledger::ParseAgentKeyName(source_));
    return ledger::OwnKey{.vkey = vkey,
                          .signer = std::make_shared<SshAgentSigner>(
                              hasher_, verifier_, name.socket, agent_timeout_, vkey)};
  }
  StatusOr<Ed25519Key> key = Load(source_);
  if (key.status().code() == StatusCode::kNotFound) return Missing(source_);
  if (!key.ok()) return key.status();
  return OwnKeyOf(hasher_, *std::move(key), vkey.name);
}

StatusOr<ledger::OwnKey> LogKeyRing::OpenNextInAgent(std::string_view source,
                                                     std::string_view origin) {
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::AgentKeyName name, ledger::ParseAgentKeyName(source));
  ledger::Vkey vkey{.name = std::string(origin)};
  SVIDENCE_ASSIGN_OR_RETURN(vkey.key, FindAgentKey(hasher_, name, agent_timeout_));
  return ledger::OwnKey{.vkey = vkey,
                        .signer = std::make_shared<SshAgentSigner>(hasher_, verifier_, name.socket,
                                                                   agent_timeout_, vkey)};
}

StatusOr<ledger::OwnKey> LogKeyRing::OpenNext(std::string_view source, std::string_view origin) {
  if (source.starts_with(ledger::kAgentKeyPrefix)) return OpenNextInAgent(source, origin);
  if (source.empty() && in_agent()) {
    return FailedPrecondition(
        "the log's key is in an agent: make a new one there, and name it with --new-key");
  }
  const std::string path = source.empty() ? NextPath() : std::string(source);
  if (!path.starts_with('/')) {
    return InvalidArgument("a new key must be an absolute path or a key in an agent, got " +
                           Quote(path, kMaxShownPath));
  }
  if (path == source_) {
    return FailedPrecondition(Quote(path, kMaxShownPath) +
                              " is the file of the present key: leave --new-key out, and the new "
                              "one will take its place");
  }
  const std::lock_guard lock(files_);
  SVIDENCE_ASSIGN_OR_RETURN(Ed25519Key key, LoadOrCreate(path));
  return OwnKeyOf(hasher_, std::move(key), origin);
}

StatusOr<bool> LogKeyRing::PutInPlace(const ledger::Vkey& now) {
  const StatusOr<Ed25519Key> next = Load(NextPath());
  if (!next.ok() || next->public_key() != now.key) return false;
  // One step: at each moment one of the two is there, whole. The old key is gone.
  SVIDENCE_RETURN_IF_ERROR(RenameDurably(NextPath(), source_));
  return true;
}

StatusOr<std::string> LogKeyRing::Settle(const ledger::Vkey& now, std::string_view source) {
  if (!in_agent()) {
    const std::lock_guard lock(files_);
    SVIDENCE_ASSIGN_OR_RETURN(const bool placed, PutInPlace(now));
    if (placed) return std::string();
  }
  return "set log_key = " + Quote(source, ledger::kMaxKeyNameBytes) +
         " and restart spire-server: a start with the old key is refused. Then destroy that one";
}

}  // namespace svidence::linux_os
