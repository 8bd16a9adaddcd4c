#include "plugin/adapters/sqlite/ledger_store.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <sys/stat.h>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/adapters/sqlite/wal_check.h"

namespace svidence::sqlite {
namespace {

using ledger::EntryIndex;
using ledger::Head;
using ledger::StoredEntry;

constexpr std::int64_t kApplicationId = 0x53564c47;  // "SVLG"
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxShownPath = 256;

// No index but the primary key: a second one costs seven times the pages.
// The triggers are a seat belt against our own mistakes, not evidence.
constexpr const char* kSchema = R"sql(
  CREATE TABLE entries(i INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB NOT NULL);
  CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, leaf BLOB NOT NULL);
  INSERT INTO head VALUES(1, 0, zeroblob(32));
  CREATE TRIGGER entries_keep BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
  CREATE TRIGGER entries_stay BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
)sql";

StatusOr<Digest> DigestOf(std::string_view bytes, std::string_view what) {
  Digest digest{};
  if (bytes.size() != digest.size()) {
    return DataLoss(std::string(what) + " must have 32 bytes, has " + std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

// Errors: FailedPrecondition unless `db` is a ledger of a version that we know.
Status CheckKind(Database& db, const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t id, db.QueryInt64("PRAGMA application_id"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t version, db.QueryInt64("PRAGMA user_version"));
  if (id != kApplicationId) {
    return FailedPrecondition(Quote(path, kMaxShownPath) + " is no Svidence ledger");
  }
  if (version != kVersion) {
    return FailedPrecondition(Quote(path, kMaxShownPath) + " is a ledger of version " +
                              std::to_string(version) + ", this program knows version " +
                              std::to_string(kVersion) + ": use the program that wrote it");
  }
  return OkStatus();
}

// Makes the tables in a file that holds nothing yet, all or none.
Status CreateIfEmpty(Database& db) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t tables,
                            db.QueryInt64("SELECT count(*) FROM sqlite_schema"));
  if (tables != 0) return OkStatus();
  return db.Execute("BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
                    "; PRAGMA user_version = " + std::to_string(kVersion) + ";" + kSchema +
                    "COMMIT;");
}

// An acknowledged entry must survive power loss: these settings are what makes
// it so, and SQLite may decline them without an error.
Status DemandDurability(Database& db) {
  SVIDENCE_RETURN_IF_ERROR(
      db.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
                 "PRAGMA journal_size_limit = -1;"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::string mode, db.QueryText("PRAGMA journal_mode"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t synchronous, db.QueryInt64("PRAGMA synchronous"));
  constexpr std::int64_t kFull = 2;
  if (mode != "wal" || synchronous != kFull) {
    return FailedPrecondition("SQLite must use journal mode wal and synchronous 2, uses " +
                              Quote(mode) + " and " + std::to_string(synchronous));
  }
  return OkStatus();
}

// What a process that died has written but not synced is read back like the rest,
// and may still be lost to a power cut: after it is told to anyone, or a mark or a
// checkpoint stands on it. After a sync that failed no later one would write it. So
// all of it is copied into the database, and that is synced, before anything is read.
Status MakeRecoveredDurable(Database& db) {
  SVIDENCE_ASSIGN_OR_RETURN(Statement checkpoint, db.Prepare("PRAGMA wal_checkpoint(FULL)"));
  const StatusOr<bool> row = checkpoint.Step();
  // A full disk has no room for the copy, but the log itself is synced before that.
  if (row.status().code() == StatusCode::kResourceExhausted) return OkStatus();
  if (!row.ok()) return row.status();
  if (!*row) return Internal("a checkpoint of the write-ahead log gave no answer");
  const bool busy = checkpoint.ColumnInt64(0) != 0;
  const bool whole = checkpoint.ColumnInt64(1) == checkpoint.ColumnInt64(2);
  checkpoint.Reset();
  if (!busy && whole) return OkStatus();
  return Unavailable(
      "somebody else reads an old state of the ledger, so its write-ahead log cannot be copied "
      "into it: end that program, or wait for it");
}

}  // namespace

LedgerStore::LedgerStore(std::string path, Reader reader)
    : path_(std::move(path)), reader_(std::move(reader)) {}

StatusOr<LedgerStore::Writer> LedgerStore::OpenWriter(const std::string& path) {
  SVIDENCE_RETURN_IF_ERROR(CheckWriteAheadLog(path));
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(path, OpenMode::kCreate));
  SVIDENCE_RETURN_IF_ERROR(CreateIfEmpty(db));
  SVIDENCE_RETURN_IF_ERROR(CheckKind(db, path));
  SVIDENCE_RETURN_IF_ERROR(DemandDurability(db));
  SVIDENCE_RETURN_IF_ERROR(MakeRecoveredDurable(db));
  SVIDENCE_ASSIGN_OR_RETURN(FileWatch file, FileWatch::Begin(path, "the ledger file"));
  SVIDENCE_ASSIGN_OR_RETURN(FileWatch log,
                            FileWatch::Begin(path + "-wal", "the ledger's write-ahead log"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement begin, db.Prepare("BEGIN IMMEDIATE"));
  SVIDENCE_ASSIGN_OR_RETURN(
      Statement move_head,
      db.Prepare("UPDATE head SET size = ?1, leaf = ?2 WHERE size = ?3 AND leaf = ?4"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement insert, db.Prepare("INSERT INTO entries VALUES(?1, ?2, ?3)"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement commit, db.Prepare("COMMIT"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement rollback, db.Prepare("ROLLBACK"));
  return Writer{std::move(db),     std::move(begin),    std::move(move_head), std::move(insert),
                std::move(commit), std::move(rollback), std::move(file),      std::move(log)};
}

StatusOr<LedgerStore::Reader> LedgerStore::OpenReader(Database db) {
  SVIDENCE_ASSIGN_OR_RETURN(Statement head, db.Prepare("SELECT size, leaf FROM head"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement last,
                            db.Prepare("SELECT i, leaf FROM entries ORDER BY i DESC LIMIT 1"));
  SVIDENCE_ASSIGN_OR_RETURN(
      Statement range,
      db.Prepare("SELECT i, leaf, body FROM entries WHERE i >= ?1 ORDER BY i LIMIT ?2"));
  return Reader{std::move(db), std::move(head), std::move(last), std::move(range)};
}

StatusOr<std::unique_ptr<LedgerStore>> LedgerStore::Make(const std::string& path,
                                                         Database reading) {
  SVIDENCE_RETURN_IF_ERROR(CheckKind(reading, path));
  SVIDENCE_ASSIGN_OR_RETURN(Reader reader, OpenReader(std::move(reading)));
  return std::unique_ptr<LedgerStore>(new LedgerStore(path, std::move(reader)));
}

StatusOr<std::unique_ptr<LedgerStore>> LedgerStore::Open(const std::string& path,
                                                         std::function<void()> on_failed_sync) {
  StatusOr<Writer> writer = OpenWriter(path);
  if (!writer.ok()) return Annotate(writer.status(), "opening the ledger");
  SVIDENCE_ASSIGN_OR_RETURN(Database reading, Database::Open(path, OpenMode::kReadOnly));
  StatusOr<std::unique_ptr<LedgerStore>> store = Make(path, std::move(reading));
  if (!store.ok()) return Annotate(store.status(), "opening the ledger");
  (*store)->writer_ = std::make_unique<Writer>(*std::move(writer));
  (*store)->on_failed_sync_ = std::move(on_failed_sync);
  return store;
}

StatusOr<std::unique_ptr<LedgerStore>> LedgerStore::OpenReadOnly(const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(Database reading, Database::Open(path, OpenMode::kReadOnly));
  StatusOr<std::unique_ptr<LedgerStore>> store = Make(path, std::move(reading));
  if (store.ok() || store.status().code() != StatusCode::kFailedPrecondition) return store;

  // A read-only directory: SQLite cannot make its shared-memory file there. With
  // no write-ahead log beside it the file alone is the whole ledger.
  struct stat log {};
  if (stat((path + "-wal").c_str(), &log) == 0 && log.st_size != 0) return store;
  SVIDENCE_ASSIGN_OR_RETURN(Database still, Database::Open(path, OpenMode::kImmutable));
  return Make(path, std::move(still));
}

StatusOr<Head> LedgerStore::ReadHead() {
  if (!usable()) return Unavailable("a sync of the ledger failed earlier");
  const std::lock_guard lock(reader_mutex_);
  // One transaction: head and last entry of the same moment.
  SVIDENCE_RETURN_IF_ERROR(reader_.db.Execute("BEGIN"));
  const auto read = [this]() -> StatusOr<Head> {
    SVIDENCE_ASSIGN_OR_RETURN(const bool has_head, reader_.head.Step());
    if (!has_head) return DataLoss("the ledger has no head row");
    Head head{.size = static_cast<EntryIndex>(reader_.head.ColumnInt64(0))};
    StatusOr<Digest> leaf = DigestOf(reader_.head.ColumnBytes(1), "the head's leaf");
    reader_.head.Reset();
    if (!leaf.ok()) return leaf.status();
    head.last_leaf = *leaf;

    Head found;
    SVIDENCE_ASSIGN_OR_RETURN(const bool has_last, reader_.last.Step());
    if (has_last) {
      found.size = static_cast<EntryIndex>(reader_.last.ColumnInt64(0)) + 1;
      leaf = DigestOf(reader_.last.ColumnBytes(1), "the last entry's leaf");
      reader_.last.Reset();
      if (!leaf.ok()) return leaf.status();
      found.last_leaf = *leaf;
    }
    if (found == head) return head;
    return DataLoss("the ledger's head says " + std::to_string(head.size) + " entries ending in " +
                    DigestText(head.last_leaf) + ", it holds " + std::to_string(found.size) +
                    " ending in " + DigestText(found.last_leaf));
  };
  StatusOr<Head> head = read();
  SVIDENCE_RETURN_IF_ERROR(reader_.db.Execute("COMMIT"));
  return head;
}

StatusOr<std::vector<StoredEntry>> LedgerStore::Read(EntryIndex first, std::size_t max_entries,
                                                     std::size_t max_bytes) {
  const std::lock_guard lock(reader_mutex_);
  SVIDENCE_RETURN_IF_ERROR(reader_.range.BindInt64(1, static_cast<std::int64_t>(first)));
  SVIDENCE_RETURN_IF_ERROR(reader_.range.BindInt64(2, static_cast<std::int64_t>(max_entries)));
  std::vector<StoredEntry> entries;
  std::size_t bytes = 0;
  const auto read = [&]() -> Status {
    while (true) {
      SVIDENCE_ASSIGN_OR_RETURN(const bool row, reader_.range.Step());
      if (!row) return OkStatus();
      const auto index = static_cast<EntryIndex>(reader_.range.ColumnInt64(0));
      if (index != first + entries.size()) {
        return DataLoss("entry " + std::to_string(first + entries.size()) + " is missing");
      }
      const std::string_view body = reader_.range.ColumnBytes(2);
      bytes += body.size();
      if (bytes > max_bytes && !entries.empty()) return OkStatus();
      SVIDENCE_ASSIGN_OR_RETURN(
          const Digest leaf,
          DigestOf(reader_.range.ColumnBytes(1), "leaf of entry " + std::to_string(index)));
      entries.push_back({std::string(reader_.range.ColumnBytes(2)), leaf});
    }
  };
  const Status status = read();
  reader_.range.Reset();  // an unfinished read would keep the write-ahead log from being reused
  SVIDENCE_RETURN_IF_ERROR(status);
  return entries;
}

std::uint64_t LedgerStore::FileBytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& path : {path_, path_ + "-wal"}) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) == 0) bytes += static_cast<std::uint64_t>(facts.st_size);
  }
  return bytes;
}

// SQLite goes on writing to files that nobody will find again.
Status LedgerStore::CheckFiles() {
  if (writer_ == nullptr) return OkStatus();
  const std::lock_guard lock(files_mutex_);
  SVIDENCE_RETURN_IF_ERROR(writer_->file.Check());
  return writer_->log.Check();
}

Status LedgerStore::MoveHead(const Head& expected, std::span<const StoredEntry> entries) {
  SVIDENCE_RETURN_IF_ERROR(
      writer_->move_head.BindInt64(1, static_cast<std::int64_t>(expected.size + entries.size())));
  SVIDENCE_RETURN_IF_ERROR(writer_->move_head.BindBlob(2, TextOf(entries.back().leaf)));
  SVIDENCE_RETURN_IF_ERROR(
      writer_->move_head.BindInt64(3, static_cast<std::int64_t>(expected.size)));
  SVIDENCE_RETURN_IF_ERROR(writer_->move_head.BindBlob(4, TextOf(expected.last_leaf)));
  SVIDENCE_RETURN_IF_ERROR(writer_->move_head.Run());
  if (writer_->db.Changes() == 1) return OkStatus();
  return FailedPrecondition("the ledger does not end at entry " + std::to_string(expected.size) +
                            " as it did: another writer is at work on it");
}

Status LedgerStore::InsertAll(EntryIndex first, std::span<const StoredEntry> entries) {
  for (std::size_t k = 0; k < entries.size(); ++k) {
    SVIDENCE_RETURN_IF_ERROR(writer_->insert.BindInt64(1, static_cast<std::int64_t>(first + k)));
    SVIDENCE_RETURN_IF_ERROR(writer_->insert.BindBlob(2, TextOf(entries[k].leaf)));
    SVIDENCE_RETURN_IF_ERROR(writer_->insert.BindBlob(3, entries[k].bytes));
    SVIDENCE_RETURN_IF_ERROR(writer_->insert.Run());
  }
  return OkStatus();
}

Status LedgerStore::GiveUp(Status error) {
  if (writer_->db.LastErrorWasSync()) {
    usable_.store(false, std::memory_order_release);
    if (on_failed_sync_) on_failed_sync_();
  }
  // An error may have ended the transaction already.
  if (!writer_->db.AutoCommit()) {
    Status undone = writer_->rollback.Run();
    if (!undone.ok()) return Unavailable(Message(error) + "; undoing it: " + Message(undone));
  }
  return error;
}

Status LedgerStore::AfterFailedCommit(const Status& error, const Head& expected) {
  Status undone = GiveUp(error);
  if (usable() && undone.code() == StatusCode::kResourceExhausted) {
    const StatusOr<Head> now = ReadHead();
    if (now.ok() && *now == expected) return undone;
  }
  return Unavailable("the outcome of a commit is not known: " + Message(undone));
}

Status LedgerStore::Append(const Head& expected, std::span<const StoredEntry> entries) {
  if (writer_ == nullptr) return FailedPrecondition("the ledger is open for reading only");
  if (!usable()) return Unavailable("a sync of the ledger failed earlier");
  if (entries.empty()) return OkStatus();
  SVIDENCE_RETURN_IF_ERROR(CheckFiles());

  SVIDENCE_RETURN_IF_ERROR(writer_->begin.Run());
  Status status = MoveHead(expected, entries);
  if (status.ok()) status = InsertAll(expected.size, entries);
  if (!status.ok()) return GiveUp(std::move(status));
  status = writer_->commit.Run();
  return status.ok() ? CheckFiles() : AfterFailedCommit(status, expected);
}

}  // namespace svidence::sqlite
