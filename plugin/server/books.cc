#include "plugin/server/books.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/unix_socket.h"
#include "plugin/core/admin/erasure.h"

namespace svidence::server {
namespace {

constexpr const char* kMarkFile = "/high-water-mark";
constexpr const char* kSponsorFile = "/sponsors.db";
constexpr const char* kSpoolFile = "/revocations.spool";

// A large ledger takes a while to read; whoever watches the log must see it move.
Status LogProgress(const ledger::Progress& progress) {
  constexpr ledger::EntryIndex kWorthALine = 100'000;
  if (progress.total >= kWorthALine) {
    spdlog::info("checking the ledger entries={} of={}", progress.done, progress.total);
  }
  return OkStatus();
}

StatusOr<int> ConnectToSpire(const std::string& socket) {
  SVIDENCE_ASSIGN_OR_RETURN(
      linux_os::UniqueFd fd,
      linux_os::ConnectUnixSocket(socket, "SPIRE server",
                                  "the setting spire_server_socket names its private socket"));
  return fd.Release();
}

}  // namespace

Books::Books(const SystemPorts& ports, const config::ServerSettings& settings,
             linux_os::DirLock lock)
    : ports_(ports),
      lock_(std::move(lock)),
      mark_(settings.mark_dir + kMarkFile),
      keys_(ports.hasher, verifier_, settings.log_key,
            // What is left of an append's time is for the commit.
            settings.append_timeout / 2),
      entries_([socket = settings.spire_server_socket] { return ConnectToSpire(socket); }) {}

Books::~Books() {
  // A call to SPIRE that hangs must not keep the worker, and so us, from ending.
  entries_.Stop();
}

StatusOr<std::unique_ptr<Books>> Books::Open(const SystemPorts& ports,
                                             const config::ServerSettings& settings,
                                             linux_os::DirLock lock) {
  std::unique_ptr<Books> books(new Books(ports, settings, std::move(lock)));
  SVIDENCE_RETURN_IF_ERROR(books->OpenLedger(settings));
  SVIDENCE_RETURN_IF_ERROR(books->OpenRevocations(settings));
  return books;
}

void Books::OpenDerived(const std::string& path) {
  StatusOr<std::unique_ptr<sqlite::DerivedStore>> derived =
      sqlite::DerivedStore::Open(path, ports_.hasher);
  if (derived.ok()) {
    derived_ = *std::move(derived);
    return;
  }
  spdlog::warn("no derived state can be kept, so each start reads the whole ledger: {}",
               Message(derived.status()));
}

StatusOr<ledger::OpenedLedger> Books::CheckLedger(const config::ServerSettings& settings,
                                                  const ledger::PublicKey& first_key) {
  SVIDENCE_ASSIGN_OR_RETURN(
      ledger::OpenedLedger opened,
      ledger::OpenLedger(
          {.store = *store_,
           .marks = mark_,
           .hasher = ports_.hasher,
           .clock = ports_.clock,
           .random = ports_.random,
           .verifier = &verifier_,
           .derived = derived_.get()},
          {.trust_domain = settings.trust_domain,
           .by = "server:" + settings.server_id,
           .log_key = first_key,
           .progress = LogProgress,
           .find_key = [this](const ledger::Vkey& current) { return keys_.Find(current); }},
          registry_));
  if (opened.mark_missing) {
    spdlog::warn("no high-water mark at {}: a ledger that was put back cannot be noticed this time",
                 Quote(mark_.Where(), 256));
  }
  if (!opened.why_not_quick.empty()) {
    spdlog::info("the whole ledger was read: {}", opened.why_not_quick);
  }
  spdlog::info("the ledger is open entries={} origin={} created={} quick={} keys={}",
               opened.start.head.size, opened.identity.origin, opened.created, opened.quick,
               opened.keys.keys().size());
  return opened;
}

Status Books::OpenLedger(const config::ServerSettings& settings) {
  SVIDENCE_RETURN_IF_ERROR(linux_os::RefuseNetworkFileSystem(settings.ledger_dir));
  SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(settings.mark_dir));
  SVIDENCE_ASSIGN_OR_RETURN(
      store_, sqlite::LedgerStore::Open(settings.ledger_dir + "/" + sqlite::kLedgerFile,
                                        ports_.failed_sync));
  SVIDENCE_ASSIGN_OR_RETURN(const ledger::Head head, store_->ReadHead());
  // Only a log that has not begun may get a new key.
  const bool new_log = head.size == 0 && mark_.Read().status().code() == StatusCode::kNotFound;
  ledger::PublicKey first_key{};
  if (new_log) {
    SVIDENCE_ASSIGN_OR_RETURN(first_key, keys_.Begin());
  }
  OpenDerived(settings.ledger_dir + "/" + sqlite::kDerivedFile);
  SVIDENCE_ASSIGN_OR_RETURN(ledger::OpenedLedger opened, CheckLedger(settings, first_key));
  return StartCommitter(std::move(opened));
}

Status Books::StartCommitter(ledger::OpenedLedger opened) {
  identity_ = std::move(opened.identity);
  SVIDENCE_ASSIGN_OR_RETURN(ledger::OwnKey key, keys_.Open(opened.keys.current().key.vkey));
  signer_.emplace(ports_.hasher, verifier_, std::move(opened.keys), std::move(key));
  observers_.emplace(*signer_, registry_);
  committer_ = std::make_unique<ledger::Committer>(
      ledger::Committer::Ports{*store_, ports_.hasher, ports_.clock, *observers_, &*signer_},
      std::move(opened.start));
  followers_ =
      std::make_unique<Followers>(Followers::Ports{.committer = *committer_,
                                                   .marks = mark_,
                                                   .ledger = *store_,
                                                   .hasher = ports_.hasher,
                                                   .log = *signer_,
                                                   .derived = derived_.get()},
                                  identity_,
                                  Followers::Found{.checkpoint = std::move(opened.checkpoint),
                                                   .derived = std::move(opened.derived)});
  return OkStatus();
}

std::string Books::CurrentVkey() const {
  return ledger::FormatVkey(ports_.hasher, signer_->schedule().current().key.vkey);
}

Status Books::OpenRevocations(const config::ServerSettings& settings) {
  SVIDENCE_ASSIGN_OR_RETURN(
      sponsors_, sqlite::SponsorDirectory::Open(settings.ledger_dir + kSponsorFile, ports_.random));
  SVIDENCE_RETURN_IF_ERROR(Annotate(admin::EraseRecorded(registry_, *sponsors_),
                                    "erasing whom the ledger calls erased"));
  SVIDENCE_ASSIGN_OR_RETURN(
      spool_, linux_os::RevocationSpool::Open(settings.ledger_dir + kSpoolFile, ports_.hasher));
  ledger_ = std::make_unique<revocation::CommitterLedger>(*committer_);
  SVIDENCE_ASSIGN_OR_RETURN(
      revocations_,
      revocation::Revocations::Open(
          {*ledger_, registry_, entries_, *spool_, ports_.clock},
          {.trust_domain = settings.trust_domain, .agent_prefix = settings.agent_prefix}));
  revoking_ = std::jthread([this](const std::stop_token& stop) { revocations_->Work(stop); });
  return OkStatus();
}

std::shared_ptr<issuance::Composer> Books::MakeComposer(const config::ServerSettings& settings) {
  return std::make_shared<issuance::Composer>(
      issuance::Composer::Ports{*committer_, registry_, ports_.hasher, ports_.clock, ports_.random},
      issuance::ComposerSettings{
          .ids = {.trust_domain = settings.trust_domain, .agent_prefix = settings.agent_prefix},
          .server_id = settings.server_id,
          .unregistered = settings.deny_unregistered ? issuance::Unregistered::kDeny
                                                     : issuance::Unregistered::kScoreZero,
          .timeout_millis = settings.append_timeout.count(),
          .proof_optional = settings.proof_optional});
}

}  // namespace svidence::server
