// One open ledger, and everything that works on it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/random.h"
#include "attestors/base/status.h"
#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/log_key_ring.h"
#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/revocation_spool.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/spire/entry_client.h"
#include "plugin/adapters/sqlite/derived_store.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/adapters/sqlite/sponsor_directory.h"
#include "plugin/core/config/server_settings.h"
#include "plugin/core/issuance/composer.h"
#include "plugin/core/ledger/committer.h"
#include "plugin/core/ledger/log_signer.h"
#include "plugin/core/ledger/open.h"
#include "plugin/core/registry/registry.h"
#include "plugin/core/revocation/revocations.h"
#include "plugin/server/followers.h"

namespace svidence::server {

// What the whole server shares. All must outlive the books.
struct SystemPorts {
  const Clock& clock;
  const Hasher& hasher;
  Random& random;
  // A sync of the ledger failed: nobody knows what the disk holds, and a second try
  // proves nothing. Ends the process, as only a new one, which reads the disk anew,
  // may go on.
  std::function<void()> failed_sync{};
};

// Lives from a successful opening to the end of the process: the ledger's
// directory cannot change while SPIRE runs. Thread-safe.
class Books {
 public:
  // `lock` is that of the ledger's directory. Reads and checks the whole ledger.
  // Errors: those of ledger::OpenLedger, and of each file that cannot be opened;
  //         the message names the file and the fix.
  static StatusOr<std::unique_ptr<Books>> Open(const SystemPorts& ports,
                                               const config::ServerSettings& settings,
                                               linux_os::DirLock lock);
  ~Books();
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  // Its calls must have ended before the books go.
  std::shared_ptr<issuance::Composer> MakeComposer(const config::ServerSettings& settings);

  const ledger::LogIdentity& identity() const { return identity_; }
  sqlite::LedgerStore& store() { return *store_; }
  ledger::Committer& committer() { return *committer_; }
  registry::Registry& registry() { return registry_; }
  sponsor::Directory& sponsors() { return *sponsors_; }
  revocation::Revocations& revocations() { return *revocations_; }
  spire::EntryClient& spire() { return entries_; }
  linux_os::MarkFile& mark() { return mark_; }
  ledger::LogSigner& signer() { return *signer_; }
  linux_os::LogKeyRing& keys() { return keys_; }
  const ledger::Ed25519Verifier& verifier() const { return verifier_; }
  // The key that signs now.
  std::string CurrentVkey() const;
  const Followers& followers() const { return *followers_; }

 private:
  Books(const SystemPorts& ports, const config::ServerSettings& settings, linux_os::DirLock lock);

  Status OpenLedger(const config::ServerSettings& settings);
  void OpenDerived(const std::string& path);
  StatusOr<ledger::OpenedLedger> CheckLedger(const config::ServerSettings& settings,
                                             const ledger::PublicKey& first_key);
  Status StartCommitter(ledger::OpenedLedger opened);
  Status OpenRevocations(const config::ServerSettings& settings);

  // In the order in which they are made; each may use those before it.
  const SystemPorts ports_;
  const linux_os::DirLock lock_;
  linux_os::MarkFile mark_;
  std::unique_ptr<sqlite::LedgerStore> store_;
  std::unique_ptr<sqlite::DerivedStore> derived_;  // null: it cannot be kept
  registry::Registry registry_;
  ledger::LogIdentity identity_;
  const openssl::OpenSslEd25519Verifier verifier_;
  linux_os::LogKeyRing keys_;
  std::optional<ledger::LogSigner> signer_;
  std::optional<ledger::ObserverPair> observers_;
  std::unique_ptr<ledger::Committer> committer_;
  std::unique_ptr<Followers> followers_;
  std::unique_ptr<sqlite::SponsorDirectory> sponsors_;
  spire::EntryClient entries_;
  std::unique_ptr<linux_os::RevocationSpool> spool_;
  std::unique_ptr<revocation::CommitterLedger> ledger_;
  std::unique_ptr<revocation::Revocations> revocations_;
  std::jthread revoking_;
};

}  // namespace svidence::server
