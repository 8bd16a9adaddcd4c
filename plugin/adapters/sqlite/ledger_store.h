// LedgerStore over one SQLite file: the ledger of a single server.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "plugin/adapters/sqlite/database.h"
#include "plugin/core/ledger/store.h"

namespace svidence::sqlite {

// Name of the file in the ledger's directory.
constexpr const char* kLedgerFile = "ledger.db";

// Append from one thread, the rest from any. Exactly one process may hold a
// writing store of a file: whoever opens one holds the directory's lock. SQLite
// before 3.51.3 can lose committed pages when two connections write or
// checkpoint at once, so here one connection does both and a second only reads.
// Source: https://www.sqlite.org/wal.html, "The WAL-Reset Bug".
class LedgerStore final : public ledger::LedgerStore {
 public:
  // Opens or makes the ledger at `path`. Every commit is synced: WAL with
  // synchronous=FULL, both read back.
  // Errors: FailedPrecondition if the file is of another application or of a
  //         later version, or cannot be written; DataLoss if it is damaged.
  static StatusOr<std::unique_ptr<LedgerStore>> Open(const std::string& path);
  // For reading only, beside a running server too.
  // Errors: as Open; NotFound if there is no such file.
  static StatusOr<std::unique_ptr<LedgerStore>> OpenReadOnly(const std::string& path);

  StatusOr<ledger::Head> ReadHead() override;
  // Errors: also FailedPrecondition if the store is read-only, or if the file
  //         was removed or replaced while it was open.
  Status Append(const ledger::Head& expected,
                std::span<const ledger::StoredEntry> entries) override;
  StatusOr<std::vector<ledger::StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                                  std::size_t max_bytes) override;

  // Bytes of the ledger's files, the write-ahead log included. Thread-safe.
  std::uint64_t FileBytes() const;

  // False once a sync has failed: then nothing is known of what the disk holds,
  // and only a new process, which reads it anew, may go on. Thread-safe.
  bool usable() const { return usable_.load(std::memory_order_acquire); }

 private:
  struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };
  // The writing connection and what it needs at each commit.
  struct Writer {
    Database db;
    Statement begin;
    Statement move_head;
    Statement insert;
    Statement commit;
    Statement rollback;
  };
  struct Reader {
    Database db;
    Statement head;
    Statement last;
    Statement range;
  };

  LedgerStore(std::string path, FileId file, Reader reader);

  static StatusOr<Writer> OpenWriter(const std::string& path);
  static StatusOr<Reader> OpenReader(Database db);
  static StatusOr<FileId> Identify(const std::string& path);
  static StatusOr<std::unique_ptr<LedgerStore>> Make(const std::string& path, Database reading);

  Status CheckFile() const;
  Status MoveHead(const ledger::Head& expected, std::span<const ledger::StoredEntry> entries);
  Status InsertAll(ledger::EntryIndex first, std::span<const ledger::StoredEntry> entries);
  // Ends a transaction that failed before its commit; gives `error`.
  Status GiveUp(Status error);
  // What a failed commit means, by what the file says now.
  Status AfterFailedCommit(const Status& error, const ledger::Head& expected);

  const std::string path_;
  const FileId file_;
  std::unique_ptr<Writer> writer_;  // null: read-only
  std::atomic<bool> usable_ = true;
  std::mutex reader_mutex_;
  Reader reader_;
};

}  // namespace svidence::sqlite
