// Erases the person behind a pseudonym.
#pragma once

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "plugin/core/admin/ports.h"

namespace svidence::admin {

// As SponsorAdmin. The entry comes first, the row after it: whatever happens between,
// EraseRecorded at the next start erases whom the ledger calls erased.
StatusOr<Erased> EraseSponsor(const Ports& ports, const Settings& settings, const Caller& caller,
                              const Erasure& erasure);

// Erases from `directory` everybody whom the ledger calls erased: whom a crash has left
// there, and whom an old copy of the directory has brought back.
// Errors: those of the directory, but NotFound.
Status EraseRecorded(const registry::Registry& registry, sponsor::Directory& directory);

}  // namespace svidence::admin
