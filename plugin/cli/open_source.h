// Opens what is verified, as it lies on this machine or elsewhere.
#pragma once

#include <string>

#include "attestors/base/status.h"
#include "plugin/cli/ledger_source.h"

namespace svidence::cli {

// By what is there: a directory with a ledger.db, a directory with a checkpoint, or any
// other file.
// Errors: NotFound; InvalidArgument if it is none of these; those of what opens it.
StatusOr<LedgerSource> OpenLedgerSource(const std::string& source);

}  // namespace svidence::cli
