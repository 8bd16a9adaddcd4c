// What is derived from the ledger, in an SQLite file of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attestors/base/digest.h"
#include "plugin/adapters/sqlite/database.h"
#include "plugin/core/ledger/derived/derived_store.h"

namespace svidence::sqlite {

// Name of the file in the ledger's directory.
constexpr const char* kDerivedFile = "derived.db";

// What both classes below read, over one connection.
class DerivedReads {
 public:
  // Errors: those of SQLite, if the file has not our tables.
  static StatusOr<DerivedReads> Prepare(Database& db);

  StatusOr<ledger::EntryIndex> CoveredSize();
  StatusOr<std::string> ReadSeal();
  StatusOr<std::string> ReadTile(const Hasher& hasher, std::string_view path,
                                 std::size_t max_bytes);

 private:
  DerivedReads(Statement covered, Statement tile)
      : covered_(std::move(covered)), tile_(std::move(tile)) {}

  Statement covered_;
  Statement tile_;
};

// One thread at a time. Exactly one process may hold one of a file: whoever opens it
// holds the directory's lock.
class DerivedStore final : public ledger::DerivedStore {
 public:
  // Opens or makes the file at `path`. One that is of another application or
  // version, or damaged, is removed and made anew: nothing is lost by that.
  // `hasher` must outlive the store.
  // Errors: whatever keeps it from being made.
  static StatusOr<std::unique_ptr<DerivedStore>> Open(const std::string& path,
                                                      const Hasher& hasher);

  StatusOr<ledger::EntryIndex> CoveredSize() override;
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override;
  StatusOr<std::string> ReadSeal() override;
  Status Extend(const ledger::DerivedDelta& delta) override;
  // Removes the file and makes it anew.
  Status Clear() override;
  Status VisitSubjects(const VisitSubject& visit) override;
  StatusOr<std::vector<ledger::EntryIndex>> ReadStates(ledger::EntryIndex first,
                                                       std::size_t max) override;

 private:
  // The connection and what it needs. Statements are gone before it.
  struct Connection {
    Database db;
    DerivedReads reads;
    Statement subjects;
    Statement states;
    Statement move;
    Statement put_tile;
    Statement put_subject;
    Statement put_state;
  };

  DerivedStore(std::string path, const Hasher& hasher) : path_(std::move(path)), hasher_(hasher) {}

  static StatusOr<std::unique_ptr<Connection>> OpenFile(const std::string& path);
  StatusOr<Connection*> Ready();
  static Status Move(Connection& open, const ledger::DerivedDelta& delta);
  Status PutAll(Connection& open, const ledger::DerivedDelta& delta);
  static Status PutTile(Connection& open, const Hasher& hasher, const ledger::DerivedTile& tile);

  const std::string path_;
  const Hasher& hasher_;
  std::unique_ptr<Connection> open_;  // null after a Clear() that failed
};

// The tiles alone, for another thread, over a read-only connection of its own. One
// caller at a time. Follows the store when that makes its file anew.
class DerivedTiles final : public ledger::DerivedTiles {
 public:
  // `hasher` must outlive it. Opens nothing yet; the file may come later.
  DerivedTiles(std::string path, const Hasher& hasher) : path_(std::move(path)), hasher_(hasher) {}

  // 0 also while there is no file.
  StatusOr<ledger::EntryIndex> CoveredSize() override;
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override;

 private:
  struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };
  struct Connection {
    FileId file;
    Database db;
    DerivedReads reads;
  };

  // Errors: NotFound if there is no file.
  StatusOr<Connection*> Ready();

  const std::string path_;
  const Hasher& hasher_;
  std::unique_ptr<Connection> open_;
};

}  // namespace svidence::sqlite
