#include "plugin/cli/ledger_files.h"

#include <chrono>
#include <memory>
#include <utility>

#include <unistd.h>

#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"
#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/log_key_ring.h"
#include "plugin/adapters/linux/mark_file.h"
#include "plugin/adapters/linux/system_random.h"
#include "plugin/adapters/openssl/note_ports.h"
#include "plugin/adapters/sqlite/copy.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/core/config/values.h"
#include "plugin/core/ledger/backup.h"
#include "plugin/core/ledger/high_water.h"
#include "plugin/core/ledger/open.h"

namespace svidence::cli {
namespace {

constexpr const char* kLedger = "/ledger.db";
constexpr const char* kSponsors = "/sponsors.db";
constexpr const char* kManifest = "/manifest.json";
constexpr const char* kKeys = "/log.vkey";
constexpr const char* kCheckpoint = "/checkpoint";
constexpr const char* kMark = "/high-water-mark";
constexpr mode_t kPrivate = 0600;
constexpr std::int64_t kLockWaitMillis = 0;
constexpr std::chrono::milliseconds kAgentTimeout{10000};
constexpr std::size_t kMaxPathBytes = 1024;
constexpr std::size_t kMaxCheckpointBytes = 16384;
constexpr std::size_t kMaxShown = 256;

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

Status CheckAbsent(const std::string& path) {
  if (!Exists(path)) return OkStatus();
  return AlreadyExists(Quote(path, kMaxShown) + " is there already; nothing was changed");
}

// An observer of a log that has nobody to tell.
class Nobody final : public ledger::CommitObserver {
 public:
  void OnCommitted(const ledger::Entry& /*entry*/) override {}
};

StatusOr<LedgerInit> Complete(LedgerInit init) {
  SVIDENCE_RETURN_IF_ERROR(CheckTrustDomain(init.trust_domain));
  SVIDENCE_ASSIGN_OR_RETURN(init.ledger_dir, config::NormalizePath(init.ledger_dir, kMaxPathBytes));
  if (init.mark_dir.empty()) init.mark_dir = init.ledger_dir + "-mark";
  SVIDENCE_ASSIGN_OR_RETURN(init.mark_dir, config::NormalizePath(init.mark_dir, kMaxPathBytes));
  if ((init.mark_dir + '/').starts_with(init.ledger_dir + '/')) {
    return InvalidArgument("the mark's directory must lie outside the ledger's");
  }
  if (init.log_key.empty()) init.log_key = init.ledger_dir + "/log.key";
  if (!init.log_key.starts_with(ledger::kAgentKeyPrefix)) {
    SVIDENCE_ASSIGN_OR_RETURN(init.log_key, config::NormalizePath(init.log_key, kMaxPathBytes));
    SVIDENCE_RETURN_IF_ERROR(CheckAbsent(init.log_key));
  }
  SVIDENCE_RETURN_IF_ERROR(CheckAbsent(init.ledger_dir + kLedger));
  SVIDENCE_RETURN_IF_ERROR(CheckAbsent(init.mark_dir + kMark));
  return init;
}

// The ledger of a backup, checked.
StatusOr<ledger::LedgerDescription> Describe(const std::string& path, const Hasher& hasher,
                                             const std::string& checkpoint,
                                             const ledger::OnProgress& progress) {
  const openssl::OpenSslEd25519Verifier verifier;
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<sqlite::LedgerStore> store,
                            sqlite::LedgerStore::OpenReadOnly(path));
  return ledger::DescribeLedger(*store, hasher, verifier, checkpoint, progress);
}

StatusOr<BackedUp> ReportOf(const ledger::LedgerDescription& ledger,
                            const std::string& checkpoint) {
  BackedUp report{.entries = ledger.head.size, .root = ledger.root};
  if (checkpoint.empty()) return report;
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::SignedNote note, ledger::ParseNote(checkpoint));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Checkpoint tree, ledger::ParseCheckpoint(note.text));
  report.checkpoint_size = tree.size;
  return report;
}

}  // namespace

StatusOr<NewLedger> InitLedger(const Clock& clock, const Hasher& hasher, const LedgerInit& given) {
  SVIDENCE_ASSIGN_OR_RETURN(const LedgerInit init, Complete(given));
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(init.ledger_dir));
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(init.mark_dir));
  SVIDENCE_RETURN_IF_ERROR(linux_os::RefuseNetworkFileSystem(init.ledger_dir));
  SVIDENCE_ASSIGN_OR_RETURN(const linux_os::DirLock lock,
                            linux_os::DirLock::Acquire(init.ledger_dir, kLockWaitMillis));
  const openssl::OpenSslEd25519Verifier verifier;
  linux_os::LogKeyRing ring(hasher, verifier, init.log_key, kAgentTimeout);
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::PublicKey key, ring.Begin());
  SVIDENCE_ASSIGN_OR_RETURN(const std::unique_ptr<sqlite::LedgerStore> store,
                            sqlite::LedgerStore::Open(init.ledger_dir + kLedger));
  linux_os::MarkFile mark(init.mark_dir + kMark);
  linux_os::SystemRandom random;
  Nobody nobody;
  SVIDENCE_ASSIGN_OR_RETURN(
      const ledger::OpenedLedger opened,
      ledger::OpenLedger(
          {*store, mark, hasher, clock, random, &verifier},
          {.trust_domain = init.trust_domain, .by = "server:" + init.server_id, .log_key = key},
          nobody));
  SVIDENCE_RETURN_IF_ERROR(
      mark.Write(ledger::FormatMark(ledger::MarkOf(opened.identity, opened.start.head))));
  return NewLedger{.origin = opened.identity.origin,
                   .vkey = opened.identity.vkey,
                   .mark_dir = init.mark_dir,
                   .log_key = init.log_key};
}

StatusOr<BackedUp> BackupLedger(const Clock& clock, const Hasher& hasher, const Backup& backup,
                                const ledger::OnProgress& progress) {
  const std::string& dir = backup.directory;
  SVIDENCE_RETURN_IF_ERROR(CheckAbsent(dir));
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(dir));
  SVIDENCE_RETURN_IF_ERROR(sqlite::CopyDatabase(backup.ledger_dir + kLedger, dir + kLedger));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::LedgerDescription ledger,
                            Describe(dir + kLedger, hasher, backup.checkpoint, progress));
  if (backup.with_sponsors) {
    SVIDENCE_RETURN_IF_ERROR(sqlite::CopyDatabase(backup.ledger_dir + kSponsors, dir + kSponsors));
  }
  SVIDENCE_RETURN_IF_ERROR(
      linux_os::CreateFileDurably(dir + kKeys, ledger.keys.Format(hasher), kPrivate));
  if (!backup.checkpoint.empty()) {
    SVIDENCE_RETURN_IF_ERROR(
        linux_os::CreateFileDurably(dir + kCheckpoint, backup.checkpoint, kPrivate));
  }
  // Last: what has no manifest is no backup.
  const std::string manifest = ledger::FormatManifest(ManifestOf(ledger, clock.UnixMillis()));
  SVIDENCE_RETURN_IF_ERROR(linux_os::CreateFileDurably(dir + kManifest, manifest, kPrivate));
  return ReportOf(ledger, backup.checkpoint);
}

StatusOr<BackedUp> RestoreLedger(const Hasher& hasher, const Backup& backup,
                                 const ledger::OnProgress& progress) {
  const std::string& from = backup.directory;
  const std::string& to = backup.ledger_dir;
  SVIDENCE_ASSIGN_OR_RETURN(const std::string manifest_text,
                            linux_os::ReadRegularFile(from + kManifest, ledger::kMaxManifestBytes));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::BackupManifest manifest,
                            ledger::ParseManifest(manifest_text));
  std::string checkpoint;
  if (Exists(from + kCheckpoint)) {
    SVIDENCE_ASSIGN_OR_RETURN(checkpoint,
                              linux_os::ReadRegularFile(from + kCheckpoint, kMaxCheckpointBytes));
  }
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(to));
  SVIDENCE_ASSIGN_OR_RETURN(const linux_os::DirLock lock,
                            linux_os::DirLock::Acquire(to, kLockWaitMillis));
  for (const char* file : {kLedger, "/ledger.db-wal", backup.with_sponsors ? kSponsors : kLedger}) {
    SVIDENCE_RETURN_IF_ERROR(CheckAbsent(to + file));
  }
  // What is verified is the copy, which nobody else writes to.
  const std::string arriving = to + "/ledger.db.restoring";
  (void)unlink(arriving.c_str());  // a left-over of a restore that was cut off
  SVIDENCE_RETURN_IF_ERROR(sqlite::CopyDatabase(from + kLedger, arriving));
  const StatusOr<ledger::LedgerDescription> ledger =
      Describe(arriving, hasher, checkpoint, progress);
  const Status good = ledger.ok() ? CheckManifest(manifest, *ledger) : ledger.status();
  if (!good.ok()) {
    (void)unlink(arriving.c_str());
    return Annotate(good, "the backup is not what it should be");
  }
  if (backup.with_sponsors) {
    SVIDENCE_RETURN_IF_ERROR(sqlite::CopyDatabase(from + kSponsors, to + kSponsors));
  }
  SVIDENCE_RETURN_IF_ERROR(linux_os::RenameDurably(arriving, to + kLedger));
  return ReportOf(*ledger, checkpoint);
}

}  // namespace svidence::cli
