#include "plugin/adapters/sqlite/copy.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/adapters/sqlite/database.h"

namespace svidence::sqlite {
namespace {

constexpr std::size_t kMaxShownPath = 256;

Status ErrnoError(std::string_view doing, const std::string& path) {
  const int error = errno;
  const std::string text = std::string(doing) + ' ' + Quote(path, kMaxShownPath) + ": " +
                           std::generic_category().message(error);
  if (error == EEXIST) return AlreadyExists(text);
  return error == ENOSPC ? ResourceExhausted(text) : Unavailable(text);
}

// Before a byte of it stands there.
Status MakePrivate(const std::string& path) {
  const linux_os::UniqueFd fd =
      linux_os::OpenFd(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
  return fd.valid() ? OkStatus() : ErrnoError("making", path);
}

StatusOr<Database> OpenSource(const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(path, OpenMode::kReadOnly));
  // A read-only directory has no room for SQLite's shared memory; a file without a
  // write-ahead log needs none.
  if (db.QueryInt64("SELECT count(*) FROM sqlite_schema").ok()) return db;
  struct stat log {};
  if (stat((path + "-wal").c_str(), &log) == 0 && log.st_size != 0) return db;
  return Database::Open(path, OpenMode::kImmutable);
}

Status Fill(Database& from, const std::string& to) {
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(to, OpenMode::kCreate));
  SVIDENCE_RETURN_IF_ERROR(db.Execute("PRAGMA synchronous = FULL"));
  SVIDENCE_RETURN_IF_ERROR(db.CopyFrom(from));
  // The mode is part of what was copied; a file that is kept must be whole by itself.
  SVIDENCE_ASSIGN_OR_RETURN(const std::string mode, db.QueryText("PRAGMA journal_mode = DELETE"));
  if (mode == "delete") return OkStatus();
  return FailedPrecondition("the copy must have journal mode delete, has " + Quote(mode));
}

}  // namespace

Status CopyDatabase(const std::string& from, const std::string& to) {
  SVIDENCE_ASSIGN_OR_RETURN(Database source, OpenSource(from));
  SVIDENCE_RETURN_IF_ERROR(MakePrivate(to));
  const Status filled = Fill(source, to);
  if (!filled.ok()) {
    for (const char* beside : {"", "-journal", "-wal", "-shm"}) (void)unlink((to + beside).c_str());
  }
  return Annotate(filled, "copying " + Quote(from, kMaxShownPath));
}

}  // namespace svidence::sqlite
