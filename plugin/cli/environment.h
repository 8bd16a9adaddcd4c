// All that commands need from outside, so that a test can be the outside.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "attestors/base/clock.h"
#include "attestors/base/digest.h"
#include "attestors/base/status.h"
#include "plugin/cli/ledger_files.h"
#include "plugin/cli/ledger_source.h"
#include "plugin/cli/workload_source.h"
#include "plugin/core/admin/backend.h"

namespace svidence::cli {

enum class Format { kTable, kJson };
enum class Access { kRead, kWrite };

// What a command ends with: 0, or 1 for a finding. An error becomes one line on
// standard error and exit code 2.
using Outcome = StatusOr<int>;
constexpr int kOk = 0;
constexpr int kFinding = 1;
constexpr int kUsage = 2;

// The members must outlive the run.
struct Environment {
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  const Hasher& hasher;
  bool interactive = false;  // there is a person to ask
  std::function<std::string()> read_line{};
  std::function<StatusOr<std::string>(const std::string& path, std::size_t max_bytes)>
      read_file{};  // "-": standard input
  std::function<Status(const std::string& path, std::string_view bytes, bool is_private)>
      write_file{};  // durably
  std::function<void(std::int64_t millis)> sleep{};
  std::function<std::optional<std::string>(const char* name)> variable{};
  // An empty `socket`: where the server usually is.
  std::function<StatusOr<std::unique_ptr<admin::Backend>>(const std::string& socket, Access)>
      connect{};
  std::function<StatusOr<std::unique_ptr<admin::LedgerView>>(const std::string& dir)> open_ledger{};
  // A server's directory, FILE.jsonl, or a published log's directory.
  std::function<StatusOr<LedgerSource>(const std::string& source)> open_source{};
  std::function<StatusOr<NewLedger>(const LedgerInit&)> init_ledger{};
  std::function<StatusOr<BackedUp>(const Backup&, const ledger::OnProgress&)> backup_ledger{};
  std::function<StatusOr<BackedUp>(const Backup&, const ledger::OnProgress&)> restore_ledger{};
  std::function<StatusOr<std::unique_ptr<WorkloadSource>>(const std::string& socket)>
      connect_workload{};
};

}  // namespace svidence::cli
