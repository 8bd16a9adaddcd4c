#include "plugin/adapters/sqlite/database.h"

#include <cerrno>
#include <functional>
#include <system_error>

#include <sqlite3.h>
#include <sys/stat.h>

#include "attestors/base/quote.h"

namespace svidence::sqlite {
namespace {

constexpr int kBusyMillis = 200;
constexpr int kPrimaryCodeMask = 0xff;

bool IsFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

// What the kernel refused for want of something that may be there later.
bool IsScarce(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO || error == EAGAIN;
}

// SQLite tells a full disk by ENOSPC alone; a quota or a limit on file sizes is an
// I/O error to it.
StatusCode CodeOf(int code, int error) {
  switch (code & kPrimaryCodeMask) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return StatusCode::kResourceExhausted;
    case SQLITE_IOERR:
      return IsFull(error) ? StatusCode::kResourceExhausted : StatusCode::kUnavailable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StatusCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StatusCode::kDataLoss;
    case SQLITE_CANTOPEN:
      if (IsFull(error)) return StatusCode::kResourceExhausted;
      return IsScarce(error) ? StatusCode::kUnavailable : StatusCode::kFailedPrecondition;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CONSTRAINT:
      return StatusCode::kFailedPrecondition;
    default:
      return StatusCode::kInternal;
  }
}

// The last error of the open file `file`; 0 if there was none.
int LastErrnoOf(sqlite3_file* file) {
  int error = 0;
  if (file == nullptr || file->pMethods == nullptr) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
  return error;
}

// What the kernel said. SQLite forgets it where a COMMIT fails; its files remember.
int SystemErrorOf(sqlite3* db) {
  if (const int error = sqlite3_system_errno(db); error != 0) return error;
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  if (const int error = LastErrnoOf(file); error != 0) return error;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  return LastErrnoOf(file);
}

Status ErrorOf(sqlite3* db, std::string_view doing) {
  if (db == nullptr) return Annotate(ResourceExhausted("out of memory"), doing);
  const int code = sqlite3_extended_errcode(db);
  const int primary = code & kPrimaryCodeMask;
  std::string text = sqlite3_errmsg(db);
  const bool of_kernel = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  const int error = of_kernel ? SystemErrorOf(db) : 0;
  if (error != 0) text += ": " + std::generic_category().message(error);
  return Annotate(Status(CodeOf(code, error), text), doing);
}

Status ErrorOf(sqlite3_stmt* statement, std::string_view doing) {
  return ErrorOf(sqlite3_db_handle(statement), doing);
}

// A null pointer would bind SQL NULL.
const char* NotNull(std::string_view text) { return text.empty() ? "" : text.data(); }

// sqlite3_open_v2() takes options only in a URI, where these have a meaning.
std::string UriOf(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 0xfU];
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

// close_v2 waits for statements that are still alive, so member order in a
// class that holds both cannot leak the connection.
void CloseDatabase::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

// finalize repeats the error of the last step, which Step() has reported.
void FinalizeStatement::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Status Statement::BindText(int index, std::string_view text) {
  const int rc = sqlite3_bind_text64(raw_.get(), index, NotNull(text), text.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
  return rc == SQLITE_OK ? OkStatus() : ErrorOf(raw_.get(), "binding text");
}

Status Statement::BindBlob(int index, std::string_view bytes) {
  const int rc =
      sqlite3_bind_blob64(raw_.get(), index, NotNull(bytes), bytes.size(), SQLITE_STATIC);
  return rc == SQLITE_OK ? OkStatus() : ErrorOf(raw_.get(), "binding bytes");
}

Status Statement::BindInt64(int index, std::int64_t value) {
  const int rc = sqlite3_bind_int64(raw_.get(), index, value);
  return rc == SQLITE_OK ? OkStatus() : ErrorOf(raw_.get(), "binding integer");
}

StatusOr<bool> Statement::Step() {
  switch (sqlite3_step(raw_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      sqlite3_reset(raw_.get());
      return false;
    default: {
      Status error = ErrorOf(raw_.get(), "running a statement");
      sqlite3_reset(raw_.get());
      return error;
    }
  }
}

Status Statement::Run() {
  SVIDENCE_ASSIGN_OR_RETURN(const bool row, Step());
  if (!row) return OkStatus();
  Reset();
  return Internal("statement gave a row where none was expected");
}

void Statement::Reset() { sqlite3_reset(raw_.get()); }

std::int64_t Statement::ColumnInt64(int index) const {
  return sqlite3_column_int64(raw_.get(), index);
}

std::string_view Statement::ColumnBytes(int index) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw_.get(), index));
  if (bytes == nullptr) return {};  // NULL, and every value of no bytes
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), index))};
}

StatusOr<Database> Database::Open(const std::string& path, OpenMode mode) {
  const bool create = mode == OpenMode::kCreate;
  struct stat unused {};
  if (!create && stat(path.c_str(), &unused) != 0) return NotFound("no file " + Quote(path, 256));

  const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                    (create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  const std::string uri = UriOf(path) + (mode == OpenMode::kImmutable ? "?immutable=1" : "");
  sqlite3* raw = nullptr;
  const int rc = sqlite3_open_v2(uri.c_str(), &raw, flags, /*zVfs=*/nullptr);
  Database db(raw);  // owns `raw` even on failure: SQLite wants it closed then too
  if (rc != SQLITE_OK) return ErrorOf(raw, "opening " + Quote(path, 256));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMillis);
  return db;
}

Status Database::Execute(const std::string& sql) {
  const int rc = sqlite3_exec(raw_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return rc == SQLITE_OK ? OkStatus() : ErrorOf(raw_.get(), "running a statement");
}

StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int rc = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &raw, /*pzTail=*/nullptr);
  if (rc != SQLITE_OK) return ErrorOf(raw_.get(), "preparing a statement");
  if (raw == nullptr) return Internal("sql must hold a statement, got none");
  return Statement(raw);
}

Status Database::CopyFrom(Database& from) {
  sqlite3_backup* backup = sqlite3_backup_init(raw_.get(), "main", from.raw_.get(), "main");
  if (backup == nullptr) return ErrorOf(raw_.get(), "beginning a copy");
  // All pages in one step are of one moment.
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return OkStatus();
  if (stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED) {
    return Unavailable("copying: the database is locked");
  }
  return ErrorOf(raw_.get(), "copying");
}

// To its end: what a pragma changes is committed only there, behind its row.
template <typename Value>
StatusOr<Value> Database::Query(std::string_view sql,
                                const std::function<Value(Statement&)>& read) {
  SVIDENCE_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  SVIDENCE_ASSIGN_OR_RETURN(bool row, statement.Step());
  if (!row) return DataLoss("a row is missing");
  Value value = read(statement);
  SVIDENCE_ASSIGN_OR_RETURN(row, statement.Step());
  if (row) return Internal("a query gave two rows where one was expected");
  return value;
}

StatusOr<std::int64_t> Database::QueryInt64(std::string_view sql) {
  return Query<std::int64_t>(sql, [](Statement& row) { return row.ColumnInt64(0); });
}

StatusOr<std::string> Database::QueryText(std::string_view sql) {
  return Query<std::string>(sql, [](Statement& row) { return std::string(row.ColumnBytes(0)); });
}

int Database::Changes() const { return sqlite3_changes(raw_.get()); }

bool Database::AutoCommit() const { return sqlite3_get_autocommit(raw_.get()) != 0; }

bool Database::LastErrorWasSync() const {
  const int code = sqlite3_extended_errcode(raw_.get());
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

}  // namespace svidence::sqlite
