// Owning handles for SQLite 3. The only folder that may include sqlite3.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "attestors/base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace svidence::sqlite {

struct CloseDatabase {
  void operator()(sqlite3* db) const noexcept;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept;
};

// How an error of SQLite is told:
//   SQLITE_FULL, NOMEM          ResourceExhausted
//   SQLITE_IOERR, CANTOPEN      ResourceExhausted if the kernel says that disk, quota
//                               or file size is at its limit; Unavailable if it lacks
//                               something else; see the next two lines if neither
//   SQLITE_IOERR, BUSY, LOCKED  Unavailable
//   SQLITE_READONLY, CANTOPEN, PERM, AUTH, CONSTRAINT   FailedPrecondition
//   SQLITE_CORRUPT, NOTADB      DataLoss
//   anything else               Internal
// Messages are "<doing>: <SQLite's own words>: <the kernel's>"; they hold no bound value.

// One prepared statement. Not thread-safe; must not outlive its Database.
class Statement {
 public:
  // Parameters are counted from 1, as SQLite does. The bytes are not copied:
  // they must stay until the next Step() has returned.
  Status BindText(int index, std::string_view text);
  Status BindBlob(int index, std::string_view bytes);
  Status BindInt64(int index, std::int64_t value);

  // True: a row is ready. False: the statement is done, and is reset.
  StatusOr<bool> Step();
  // Steps a statement that must give no row.
  Status Run();
  // Gives up the rows that are left. A statement that is not reset holds a lock.
  void Reset();

  // Columns, counted from 0, of the row that the last Step() made ready. The
  // view is good until the next call on this statement.
  std::int64_t ColumnInt64(int index) const;
  std::string_view ColumnBytes(int index) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* raw) : raw_(raw) {}

  std::unique_ptr<sqlite3_stmt, FinalizeStatement> raw_;
};

enum class OpenMode {
  kCreate,     // read and write, made if it is not there
  kReadOnly,   // beside a writer too
  kImmutable,  // read-only, for a file that nobody can be writing; makes no file beside it
};

// One connection, movable, not thread-safe.
class Database {
 public:
  // Errors: as above; NotFound if a file to be read does not exist.
  static StatusOr<Database> Open(const std::string& path, OpenMode mode);

  // Runs `sql`, any number of statements; rows they return are dropped.
  Status Execute(const std::string& sql);
  // Compiles `sql`, one statement.
  // Errors: Internal if it does not compile or holds no statement: ours is wrong.
  StatusOr<Statement> Prepare(std::string_view sql);
  // The one value that `sql` returns, as an integer or as text.
  // Errors: DataLoss if it returns no row.
  StatusOr<std::int64_t> QueryInt64(std::string_view sql);
  StatusOr<std::string> QueryText(std::string_view sql);

  // Makes this database, which must be empty, a copy of `from` as of one moment.
  Status CopyFrom(Database& from);

  // Rows that the last INSERT, UPDATE or DELETE has changed.
  int Changes() const;
  // False while a transaction is open. An error may have ended one by itself.
  bool AutoCommit() const;
  // True if the last error was a failed fsync: what is on disk is not known, and
  // trying again would prove nothing.
  bool LastErrorWasSync() const;

 private:
  explicit Database(sqlite3* raw) : raw_(raw) {}
  template <typename Value>
  StatusOr<Value> Query(std::string_view sql, const std::function<Value(Statement&)>& read);

  std::unique_ptr<sqlite3, CloseDatabase> raw_;
};

}  // namespace svidence::sqlite
