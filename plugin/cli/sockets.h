// Connections to a running server, to SPIRE agent, and to a ledger's files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/cli/environment.h"
#include "plugin/core/ledger/high_water.h"

namespace svidence::cli {

// Where a server's socket may be, in the order in which they are looked at:
// $SVIDENCE_SOCKET alone if it is set; else admin.sock in $RUNTIME_DIRECTORY,
// $XDG_RUNTIME_DIR/svidence and /run/svidence, each followed by read.sock if
// reading is enough.
std::vector<std::string> SocketCandidates(
    const std::function<std::optional<std::string>(const char*)>& variable, Access access);

// Errors: NotFound if there is no socket; those of ConnectUnixSocket.
StatusOr<std::unique_ptr<admin::Backend>> ConnectServer(
    const std::string& socket, Access access,
    const std::function<std::optional<std::string>(const char*)>& variable);

// Read-only, beside a running server too. Compared with the high-water mark
// where the server keeps it by default, if there is one.
// `hasher` must outlive the result.
// Errors: those of LedgerStore::OpenReadOnly.
StatusOr<std::unique_ptr<admin::LedgerView>> OpenLedgerDirectory(const std::string& given,
                                                                 const Hasher& hasher);

// The high-water mark where the server with this ledger_dir keeps it by default;
// nullopt if there is none.
// Errors: those of ledger::ReadMark.
StatusOr<std::optional<ledger::HighWaterMark>> ReadMarkBeside(const std::string& dir);

// Errors: those of ConnectUnixSocket.
StatusOr<std::unique_ptr<WorkloadSource>> ConnectWorkloadApi(const std::string& socket);

}  // namespace svidence::cli
