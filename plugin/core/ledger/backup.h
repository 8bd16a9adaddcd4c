// What a backup of a ledger says of itself, and whether it is true.
// docs/formats/ledger.md gives the form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/core/ledger/key_schedule.h"
#include "plugin/core/ledger/log_identity.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/ports.h"
#include "plugin/core/ledger/replay.h"
#include "plugin/core/ledger/store.h"

namespace svidence::ledger {

constexpr std::size_t kMaxManifestBytes = 4096;

struct BackupManifest {
  std::string uuid;            // of the log
  std::string origin;          // of the log
  Head head;                   // at least one entry
  Digest root{};               // of the tree over all entries
  std::int64_t at_millis = 0;  // when the backup was made, Unix time

  friend bool operator==(const BackupManifest&, const BackupManifest&) = default;
};

std::string FormatManifest(const BackupManifest& manifest);
// Errors: InvalidArgument on any other form.
StatusOr<BackupManifest> ParseManifest(std::string_view text);

// A whole ledger, as reading it has shown.
struct LedgerDescription {
  LogIdentity identity;
  KeySchedule keys;
  Head head;
  Digest root{};
};

// Reads and checks every entry. If `checkpoint`, a signed note, is not empty, the
// ledger must also go on from it: signed by a key of the log for that size, and with
// that root.
// Errors: DataLoss, with index and kind, at the first defect, at an end that is not the
//         last entry's, or where the checkpoint is contradicted; InvalidArgument or
//         PermissionDenied if the checkpoint is none of this log; those of `progress`.
StatusOr<LedgerDescription> DescribeLedger(LedgerStore& store, const Hasher& hasher,
                                           const Ed25519Verifier& verifier,
                                           std::string_view checkpoint,
                                           const OnProgress& progress = {});

// `at_millis` is the time of the backup.
BackupManifest ManifestOf(const LedgerDescription& ledger, std::int64_t at_millis);

// Is this the ledger that the manifest describes?
// Errors: DataLoss, naming what differs.
Status CheckManifest(const BackupManifest& manifest, const LedgerDescription& ledger);

}  // namespace svidence::ledger
