#include "plugin/cli/open_source.h"

#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/byte_file.h"
#include "plugin/adapters/linux/tile_directory.h"
#include "plugin/adapters/sqlite/ledger_store.h"
#include "plugin/cli/sockets.h"
#include "plugin/core/ledger/audit/lines_source.h"
#include "plugin/core/ledger/audit/store_source.h"
#include "plugin/core/ledger/publish/place.h"

namespace svidence::cli {
namespace {

constexpr std::size_t kMaxShownPath = 256;

bool Has(const std::string& dir, std::string_view name) {
  std::error_code error;
  return std::filesystem::exists(dir + '/' + std::string(name), error);
}

StatusOr<LedgerSource> OpenDatabase(const std::string& dir) {
  const std::string path = dir + '/' + sqlite::kLedgerFile;
  const auto open = [path]() -> StatusOr<std::unique_ptr<ledger::LedgerStore>> {
    SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<sqlite::LedgerStore> store,
                              sqlite::LedgerStore::OpenReadOnly(path));
    return std::unique_ptr<ledger::LedgerStore>(std::move(store));
  };
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<ledger::LedgerStore> store, open());
  LedgerSource source{.name = dir};
  source.entries = std::make_unique<ledger::StoreSource>(std::move(store), open);
  SVIDENCE_ASSIGN_OR_RETURN(source.mark, ReadMarkBeside(dir));
  return source;
}

StatusOr<LedgerSource> OpenExport(const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<linux_os::ByteFile> file,
                            linux_os::ByteFile::Open(path));
  SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<ledger::LinesSource> lines,
                            ledger::LinesSource::Open(std::move(file)));
  LedgerSource source{.name = path};
  source.entries = std::move(lines);
  return source;
}

StatusOr<LedgerSource> OpenPublished(const std::string& dir) {
  LedgerSource source{.name = dir};
  source.tiles = [dir]() -> StatusOr<std::unique_ptr<ledger::TileReader>> {
    SVIDENCE_ASSIGN_OR_RETURN(std::unique_ptr<linux_os::TileDirectory> tiles,
                              linux_os::TileDirectory::Open(dir));
    return std::unique_ptr<ledger::TileReader>(std::move(tiles));
  };
  return source;
}

}  // namespace

StatusOr<LedgerSource> OpenLedgerSource(const std::string& source) {
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(source, error);
  if (found.type() != std::filesystem::file_type::directory) return OpenExport(source);
  if (Has(source, sqlite::kLedgerFile)) return OpenDatabase(source);
  if (Has(source, ledger::kCheckpointPath)) return OpenPublished(source);
  return InvalidArgument(Quote(source, kMaxShownPath) + " has neither a " + sqlite::kLedgerFile +
                         ", as a server's ledger_dir, nor a " +
                         std::string(ledger::kCheckpointPath) + ", as a published log");
}

}  // namespace svidence::cli
