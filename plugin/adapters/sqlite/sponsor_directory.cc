#include "plugin/adapters/sqlite/sponsor_directory.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x53565350;  // "SVSP"
constexpr std::size_t kRefBytes = 16;
constexpr std::size_t kMaxShownPath = 256;

// No write-ahead log: with a rollback journal and secure_delete an erased name
// is overwritten in the one file that holds it. SQLite may decline either
// without an error.
Status DemandErasure(Database& db) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string mode, db.QueryText("PRAGMA journal_mode = DELETE"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t erases, db.QueryInt64("PRAGMA secure_delete = ON"));
  SVIDENCE_RETURN_IF_ERROR(db.Execute("PRAGMA synchronous = FULL"));
  if (mode == "delete" && erases == 1) return OkStatus();
  return FailedPrecondition("SQLite must use journal mode delete and secure_delete 1, uses " +
                            Quote(mode) + " and " + std::to_string(erases));
}

// Before the first name stands in the file. Its journal gets the same rights.
Status KeepForOwner(const std::string& path) {
  if (chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0) return OkStatus();
  return FailedPrecondition(
      "making " + Quote(path, kMaxShownPath) +
      " readable by its owner only: " + std::generic_category().message(errno));
}

Status Prepare(Database& db, const std::string& path) {
  SVIDENCE_RETURN_IF_ERROR(KeepForOwner(path));
  SVIDENCE_RETURN_IF_ERROR(DemandErasure(db));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t tables,
                            db.QueryInt64("SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) {
    return db.Execute("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
                      "; PRAGMA user_version = 1;"
                      "CREATE TABLE people(ref TEXT PRIMARY KEY, person TEXT NOT NULL UNIQUE)"
                      " WITHOUT ROWID; COMMIT;");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t id, db.QueryInt64("PRAGMA application_id"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t version, db.QueryInt64("PRAGMA user_version"));
  if (id == kApplicationId && version == 1) return OkStatus();
  return FailedPrecondition(Quote(path, kMaxShownPath) +
                            " is no directory of sponsors of version 1");
}

// The first column of the row that `statement`, bound to `text`, gives.
StatusOr<std::optional<std::string>> LookUp(Statement& statement, std::string_view text) {
  SVIDENCE_RETURN_IF_ERROR(statement.BindText(1, text));
  SVIDENCE_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row) return std::optional<std::string>();
  std::optional<std::string> found(statement.ColumnBytes(0));
  statement.Reset();
  return found;
}

}  // namespace

StatusOr<std::unique_ptr<SponsorDirectory>> SponsorDirectory::Open(const std::string& path,
                                                                   Random& random) {
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(path, OpenMode::kCreate));
  SVIDENCE_RETURN_IF_ERROR(Annotate(Prepare(db, path), "opening the directory of sponsors"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement by_person,
                            db.Prepare("SELECT ref FROM people WHERE person = ?1"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement by_ref,
                            db.Prepare("SELECT person FROM people WHERE ref = ?1"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement insert, db.Prepare("INSERT INTO people VALUES(?1, ?2)"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement erase, db.Prepare("DELETE FROM people WHERE ref = ?1"));
  return std::unique_ptr<SponsorDirectory>(new SponsorDirectory(
      std::move(db), {std::move(by_person), std::move(by_ref), std::move(insert), std::move(erase)},
      random));
}

StatusOr<std::string> SponsorDirectory::RefOf(std::string_view person) {
  SVIDENCE_RETURN_IF_ERROR(sponsor::CheckPerson(person));
  const std::lock_guard lock(mutex_);
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<std::string> known,
                            LookUp(statements_.by_person, person));
  if (known.has_value()) return *std::move(known);

  std::array<std::uint8_t, kRefBytes> bytes{};
  random_.Fill(bytes);
  std::string ref = Base64UrlEncode(bytes);
  SVIDENCE_RETURN_IF_ERROR(statements_.insert.BindText(1, ref));
  SVIDENCE_RETURN_IF_ERROR(statements_.insert.BindText(2, person));
  SVIDENCE_RETURN_IF_ERROR(statements_.insert.Run());
  return ref;
}

StatusOr<std::string> SponsorDirectory::FindRef(std::string_view person) {
  SVIDENCE_RETURN_IF_ERROR(sponsor::CheckPerson(person));
  const std::lock_guard lock(mutex_);
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<std::string> known,
                            LookUp(statements_.by_person, person));
  if (!known.has_value())
    return NotFound("this person has no pseudonym, or had one that was erased");
  return *std::move(known);
}

StatusOr<std::string> SponsorDirectory::PersonOf(std::string_view ref) {
  const std::lock_guard lock(mutex_);
  SVIDENCE_ASSIGN_OR_RETURN(std::optional<std::string> person, LookUp(statements_.by_ref, ref));
  if (!person.has_value()) return NotFound("no sponsor " + Quote(ref) + ", or one that was erased");
  return *std::move(person);
}

Status SponsorDirectory::Erase(std::string_view ref) {
  const std::lock_guard lock(mutex_);
  SVIDENCE_RETURN_IF_ERROR(statements_.erase.BindText(1, ref));
  SVIDENCE_RETURN_IF_ERROR(statements_.erase.Run());
  if (db_.Changes() == 1) {
    // The row is overwritten; what is left is room, which other rows' old pages may be
    // in. If that cannot be had now, nothing of the row is there all the same.
    (void)db_.Execute("VACUUM").ok();
    return OkStatus();
  }
  return NotFound("no sponsor " + Quote(ref) + ", or one that was erased");
}

}  // namespace svidence::sqlite
