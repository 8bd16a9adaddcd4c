#include "plugin/cli/system.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <unistd.h>

#include "plugin/adapters/linux/files.h"
#include "plugin/cli/ledger_files.h"
#include "plugin/cli/open_source.h"
#include "plugin/cli/sockets.h"

namespace svidence::cli {
namespace {

constexpr mode_t kPublicMode = 0644;
constexpr mode_t kPrivateMode = 0600;

StatusOr<std::string> ReadInput(std::size_t max_bytes) {
  std::string bytes;
  std::array<char, 4096> block{};
  while (true) {
    const ssize_t got = read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return linux_os::ErrnoStatus(errno, "reading", "standard input");
    if (got == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes) {
      return InvalidArgument("standard input must have at most " + std::to_string(max_bytes) +
                             " bytes");
    }
  }
}

StatusOr<std::string> ReadAny(const std::string& path, std::size_t max_bytes) {
  return path == "-" ? ReadInput(max_bytes) : linux_os::ReadRegularFile(path, max_bytes);
}

std::optional<std::string> Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string ReadLine() {
  std::string line;
  std::getline(std::cin, line);
  return line;
}

}  // namespace

Environment SystemEnvironment(const Clock& clock, const Hasher& hasher) {
  Environment env{.out = std::cout, .err = std::cerr, .clock = clock, .hasher = hasher};
  env.interactive = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  env.read_line = ReadLine;
  env.read_file = ReadAny;
  env.write_file = [](const std::string& path, std::string_view bytes, bool is_private) {
    // A directory that is not there is made; it will hold a key.
    const std::size_t slash = path.find_last_of('/');
    if (slash != std::string::npos && slash != 0) {
      SVIDENCE_RETURN_IF_ERROR(linux_os::EnsureDirectory(path.substr(0, slash)));
    }
    return linux_os::WriteFileDurably(path, bytes, is_private ? kPrivateMode : kPublicMode);
  };
  env.sleep = [](std::int64_t millis) {
    std::this_thread::sleep_for(std::chrono::milliseconds(millis));
  };
  env.variable = Variable;
  env.connect = [](const std::string& socket, Access access) {
    return ConnectServer(socket, access, Variable);
  };
  env.open_ledger = [&hasher](const std::string& dir) { return OpenLedgerDirectory(dir, hasher); };
  env.open_source = OpenLedgerSource;
  env.init_ledger = [&clock, &hasher](const LedgerInit& init) {
    return InitLedger(clock, hasher, init);
  };
  env.backup_ledger = [&clock, &hasher](const Backup& backup, const ledger::OnProgress& progress) {
    return BackupLedger(clock, hasher, backup, progress);
  };
  env.restore_ledger = [&hasher](const Backup& backup, const ledger::OnProgress& progress) {
    return RestoreLedger(hasher, backup, progress);
  };
  env.connect_workload = ConnectWorkloadApi;
  return env;
}

}  // namespace svidence::cli
