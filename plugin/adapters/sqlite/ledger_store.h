// LedgerStore over one SQLite file: the ledger of a single server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "plugin/adapters/sqlite/database.h"
#include "plugin/adapters/sqlite/file_watch.h"
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
  // synchronous=FULL, both read back. What an earlier process left behind is
  // durable before this returns.
  //
  // `on_failed_sync` is called by the Append that meets one: the process should end
  // at once. Without it the store is only of no use any more.
  //
  // Errors: FailedPrecondition if the file is of another application or of a
  //         later version, or cannot be written; DataLoss if it is damaged, or if
  //         its write-ahead log has lost entries; ResourceExhausted, Unavailable
  //         if the disk is full or fails.
  static StatusOr<std::unique_ptr<LedgerStore>> Open(const std::string& path,
                                                     std::function<void()> on_failed_sync = {});
  // For reading only, beside a running server too.
  // Errors: as Open; NotFound if there is no such file.
  static StatusOr<std::unique_ptr<LedgerStore>> OpenReadOnly(const std::string& path);

  StatusOr<ledger::Head> ReadHead() override;
  // Errors: also FailedPrecondition if the store is read-only, and those of
  //         CheckFiles: what is written to a file that was removed is lost.
  Status Append(const ledger::Head& expected,
                std::span<const ledger::StoredEntry> entries) override;
  StatusOr<std::vector<ledger::StoredEntry>> Read(ledger::EntryIndex first, std::size_t max_entries,
                                                  std::size_t max_bytes) override;

  // Looks at the files as each Append does, before it and before its answer.
  // Errors: FailedPrecondition, with file and reason, if the ledger's files are not
  //         those that were opened, or are shorter than they were. Thread-safe.
  Status CheckFiles();

  // Bytes of the ledger's files, the write-ahead log included. Thread-safe.
  std::uint64_t FileBytes() const;

  // False once a sync has failed: then nothing is known of what the disk holds,
  // and only a new process, which reads it anew, may go on. Thread-safe.
  bool usable() const { return usable_.load(std::memory_order_acquire); }

 private:
  // The writing connection and what it needs at each commit.
  struct Writer {
    Database db;
    Statement begin;
    Statement move_head;
    Statement insert;
    Statement commit;
    Statement rollback;
    FileWatch file;
    FileWatch log;
  };
  struct Reader {
    Database db;
    Statement head;
    Statement last;
    Statement range;
  };

  LedgerStore(std::string path, Reader reader);

  static StatusOr<Writer> OpenWriter(const std::string& path);
  static StatusOr<Reader> OpenReader(Database db);
  static StatusOr<std::unique_ptr<LedgerStore>> Make(const std::string& path, Database reading);

  Status MoveHead(const ledger::Head& expected, std::span<const ledger::StoredEntry> entries);
  Status InsertAll(ledger::EntryIndex first, std::span<const ledger::StoredEntry> entries);
  // Ends a transaction that failed before its commit; gives `error`.
  Status GiveUp(Status error);
  // What a failed commit means, by what the file says now.
  Status AfterFailedCommit(const Status& error, const ledger::Head& expected);

  const std::string path_;
  std::unique_ptr<Writer> writer_;  // null: read-only
  std::function<void()> on_failed_sync_;
  std::mutex files_mutex_;  // for the watches
  std::atomic<bool> usable_ = true;
  std::mutex reader_mutex_;
  Reader reader_;
};

}  // namespace svidence::sqlite
