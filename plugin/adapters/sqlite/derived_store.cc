#include "plugin/adapters/sqlite/derived_store.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/tree/tile.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::sqlite {
namespace {

using ledger::DerivedDelta;
using ledger::DerivedTile;
using ledger::EntryIndex;
using ledger::SubjectHead;
using ledger::TileId;

constexpr std::int64_t kApplicationId = 0x53564453;  // "SVDS"
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kMaxShownPath = 256;
constexpr unsigned kLevelShift = 56;  // an index has at most 55 bits

constexpr const char* kSchema = R"sql(
  CREATE TABLE covered(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, seal BLOB NOT NULL);
  INSERT INTO covered VALUES(1, 0, x'');
  CREATE TABLE tiles(id INTEGER PRIMARY KEY, sum BLOB NOT NULL, hashes BLOB NOT NULL);
  CREATE TABLE subjects(key BLOB PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE states(i INTEGER PRIMARY KEY);
)sql";

std::int64_t RowOf(unsigned level, std::uint64_t index) {
  return static_cast<std::int64_t>(std::uint64_t{level} << kLevelShift | index);
}

// Tells a tile that is as it was written from one that the disk has changed. What
// somebody wrote into it on purpose shows in the proofs.
Digest SumOf(const Hasher& hasher, std::int64_t row, std::string_view hashes) {
  const std::string place = std::to_string(row) + ' ';
  return hasher.Sha256({place, hashes});
}

Status Prepare(Database& db) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t tables,
                            db.QueryInt64("SELECT count(*) FROM sqlite_schema"));
  if (tables == 0) {
    SVIDENCE_RETURN_IF_ERROR(db.Execute(
        "BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) +
        "; PRAGMA user_version = " + std::to_string(kVersion) + ";" + kSchema + "COMMIT;"));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t id, db.QueryInt64("PRAGMA application_id"));
  SVIDENCE_ASSIGN_OR_RETURN(const std::int64_t version, db.QueryInt64("PRAGMA user_version"));
  if (id != kApplicationId || version != kVersion) {
    return FailedPrecondition("the file holds no derived state of version 1");
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string mode, db.QueryText("PRAGMA journal_mode = WAL"));
  if (mode != "wal")
    return FailedPrecondition("SQLite must use journal mode wal, uses " + Quote(mode));
  // A transaction that a power cut takes back is written again. The cache holds one
  // slice's pages, so that none is written twice in it.
  return db.Execute(
      "PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 0; PRAGMA cache_size = -8000;");
}

Status Remove(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string file = path + suffix;
    if (unlink(file.c_str()) != 0 && errno != ENOENT) {
      return FailedPrecondition("removing " + Quote(file, kMaxShownPath) + ": " +
                                std::generic_category().message(errno));
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<DerivedReads> DerivedReads::Prepare(Database& db) {
  SVIDENCE_ASSIGN_OR_RETURN(Statement covered, db.Prepare("SELECT size, seal FROM covered"));
  // One statement: tile and size of the same moment.
  SVIDENCE_ASSIGN_OR_RETURN(
      Statement tile,
      db.Prepare("SELECT size, sum, hashes FROM covered LEFT JOIN tiles ON id = ?1"));
  return DerivedReads(std::move(covered), std::move(tile));
}

StatusOr<EntryIndex> DerivedReads::CoveredSize() {
  SVIDENCE_ASSIGN_OR_RETURN(const bool row, covered_.Step());
  if (!row) return DataLoss("the derived state has no row that says how far it goes");
  const std::int64_t size = covered_.ColumnInt64(0);
  covered_.Reset();
  if (size >= 0 && static_cast<EntryIndex>(size) <= ledger::kMaxIndex) {
    return static_cast<EntryIndex>(size);
  }
  return DataLoss("the derived state covers " + std::to_string(size) + " entries");
}

StatusOr<std::string> DerivedReads::ReadSeal() {
  SVIDENCE_ASSIGN_OR_RETURN(const bool row, covered_.Step());
  if (!row) return DataLoss("the derived state has no row that says how far it goes");
  std::string seal(covered_.ColumnBytes(1));
  covered_.Reset();
  if (seal.empty()) return NotFound("there is no sealed derived state");
  return seal;
}

StatusOr<std::string> DerivedReads::ReadTile(const Hasher& hasher, std::string_view path,
                                             std::size_t max_bytes) {
  const Status none = NotFound("no tile " + Quote(path));
  const StatusOr<TileId> tile = ledger::ParseTilePath(path);
  if (!tile.ok() || tile->kind != ledger::TileKind::kHashes) return none;
  const std::size_t bytes = tile->width * sizeof(Digest);
  if (bytes > max_bytes) {
    return InvalidArgument("tile " + Quote(path) + " has " + std::to_string(bytes) +
                           " bytes, more than the " + std::to_string(max_bytes) + " asked for");
  }
  // Levels of no tree would leave the row number's range.
  constexpr unsigned kMaxLevelOfTrees = 7;
  if (tile->level > kMaxLevelOfTrees) return none;
  const std::int64_t row = RowOf(tile->level, tile->index);
  SVIDENCE_RETURN_IF_ERROR(tile_.BindInt64(1, row));
  SVIDENCE_ASSIGN_OR_RETURN(const bool found, tile_.Step());
  if (!found) return DataLoss("the derived state has no row that says how far it goes");
  const auto size = static_cast<std::uint64_t>(tile_.ColumnInt64(0));
  const std::string sum(tile_.ColumnBytes(1));
  std::string hashes(tile_.ColumnBytes(2));
  tile_.Reset();
  const std::size_t width = ledger::TileWidthAt(tile->level, tile->index, size);
  if (tile->width > width) return none;
  if (hashes.size() != width * sizeof(Digest) || sum != TextOf(SumOf(hasher, row, hashes))) {
    return DataLoss("tile " + Quote(path) + " of the derived state is damaged");
  }
  hashes.resize(bytes);
  return hashes;
}

StatusOr<std::unique_ptr<DerivedStore::Connection>> DerivedStore::OpenFile(
    const std::string& path) {
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(path, OpenMode::kCreate));
  SVIDENCE_RETURN_IF_ERROR(Prepare(db));
  SVIDENCE_ASSIGN_OR_RETURN(DerivedReads reads, DerivedReads::Prepare(db));
  SVIDENCE_ASSIGN_OR_RETURN(Statement subjects, db.Prepare("SELECT key, last FROM subjects"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement states,
                            db.Prepare("SELECT i FROM states WHERE i >= ?1 ORDER BY i LIMIT ?2"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement move,
                            db.Prepare("UPDATE covered SET size = ?1, seal = ?2 WHERE size = ?3"));
  SVIDENCE_ASSIGN_OR_RETURN(
      Statement put_tile,
      db.Prepare("INSERT INTO tiles VALUES(?1, ?2, ?3) "
                 "ON CONFLICT DO UPDATE SET sum = excluded.sum, hashes = excluded.hashes"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement put_subject,
                            db.Prepare("INSERT INTO subjects VALUES(?1, ?2) "
                                       "ON CONFLICT DO UPDATE SET last = excluded.last"));
  SVIDENCE_ASSIGN_OR_RETURN(Statement put_state, db.Prepare("INSERT INTO states VALUES(?1)"));
  return std::unique_ptr<Connection>(new Connection{
      std::move(db), std::move(reads), std::move(subjects), std::move(states), std::move(move),
      std::move(put_tile), std::move(put_subject), std::move(put_state)});
}

StatusOr<std::unique_ptr<DerivedStore>> DerivedStore::Open(const std::string& path,
                                                           const Hasher& hasher) {
  std::unique_ptr<DerivedStore> store(new DerivedStore(path, hasher));
  StatusOr<std::unique_ptr<Connection>> opened = OpenFile(path);
  if (opened.ok()) {
    store->open_ = *std::move(opened);
  } else {
    SVIDENCE_RETURN_IF_ERROR(Annotate(store->Clear(), "making the derived state anew"));
  }
  return store;
}

StatusOr<DerivedStore::Connection*> DerivedStore::Ready() {
  if (open_ != nullptr) return open_.get();
  return FailedPrecondition("the derived state could not be made anew");
}

StatusOr<EntryIndex> DerivedStore::CoveredSize() {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  return open->reads.CoveredSize();
}

StatusOr<std::string> DerivedStore::Read(std::string_view path, std::size_t max_bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  return open->reads.ReadTile(hasher_, path, max_bytes);
}

StatusOr<std::string> DerivedStore::ReadSeal() {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  return open->reads.ReadSeal();
}

Status DerivedStore::Clear() {
  open_.reset();
  SVIDENCE_RETURN_IF_ERROR(Remove(path_));
  SVIDENCE_ASSIGN_OR_RETURN(open_, OpenFile(path_));
  return OkStatus();
}

Status DerivedStore::Move(Connection& open, const DerivedDelta& delta) {
  SVIDENCE_RETURN_IF_ERROR(open.move.BindInt64(1, static_cast<std::int64_t>(delta.size)));
  SVIDENCE_RETURN_IF_ERROR(open.move.BindBlob(2, delta.seal));
  SVIDENCE_RETURN_IF_ERROR(open.move.BindInt64(3, static_cast<std::int64_t>(delta.from)));
  SVIDENCE_RETURN_IF_ERROR(open.move.Run());
  if (open.db.Changes() == 1) return OkStatus();
  return FailedPrecondition("the derived state does not cover " + std::to_string(delta.from) +
                            " entries as it did");
}

Status DerivedStore::PutTile(Connection& open, const Hasher& hasher, const DerivedTile& tile) {
  const std::int64_t row = RowOf(tile.level, tile.index);
  const Digest sum = SumOf(hasher, row, tile.hashes);
  SVIDENCE_RETURN_IF_ERROR(open.put_tile.BindInt64(1, row));
  SVIDENCE_RETURN_IF_ERROR(open.put_tile.BindBlob(2, TextOf(sum)));
  SVIDENCE_RETURN_IF_ERROR(open.put_tile.BindBlob(3, tile.hashes));
  return open.put_tile.Run();
}

Status DerivedStore::PutAll(Connection& open, const DerivedDelta& delta) {
  SVIDENCE_RETURN_IF_ERROR(Move(open, delta));
  for (const DerivedTile& tile : delta.tiles) {
    SVIDENCE_RETURN_IF_ERROR(PutTile(open, hasher_, tile));
  }
  for (const SubjectHead& head : delta.subjects) {
    SVIDENCE_RETURN_IF_ERROR(open.put_subject.BindBlob(1, TextOf(head.key)));
    SVIDENCE_RETURN_IF_ERROR(open.put_subject.BindInt64(2, static_cast<std::int64_t>(head.last)));
    SVIDENCE_RETURN_IF_ERROR(open.put_subject.Run());
  }
  for (const EntryIndex index : delta.states) {
    SVIDENCE_RETURN_IF_ERROR(open.put_state.BindInt64(1, static_cast<std::int64_t>(index)));
    SVIDENCE_RETURN_IF_ERROR(open.put_state.Run());
  }
  return OkStatus();
}

Status DerivedStore::Extend(const DerivedDelta& delta) {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  SVIDENCE_RETURN_IF_ERROR(open->db.Execute("BEGIN IMMEDIATE"));
  Status status = PutAll(*open, delta);
  if (status.ok()) status = open->db.Execute("COMMIT");
  // An error may have ended the transaction already. If undoing fails as well, the
  // next slice finds another size and all is made anew.
  if (!status.ok() && !open->db.AutoCommit()) (void)open->db.Execute("ROLLBACK");
  return status;
}

Status DerivedStore::VisitSubjects(const VisitSubject& visit) {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  Status status;
  while (status.ok()) {
    SVIDENCE_ASSIGN_OR_RETURN(const bool row, open->subjects.Step());
    if (!row) return OkStatus();
    const std::string_view key = open->subjects.ColumnBytes(0);
    const std::int64_t last = open->subjects.ColumnInt64(1);
    SubjectHead head{.last = static_cast<EntryIndex>(last)};
    if (key.size() != head.key.size() || last < 0) {
      status = DataLoss("a subject of the derived state is damaged");
    } else {
      std::copy(key.begin(), key.end(), head.key.begin());
      status = visit(head);
    }
  }
  open->subjects.Reset();
  return status;
}

StatusOr<std::vector<EntryIndex>> DerivedStore::ReadStates(EntryIndex first, std::size_t max) {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  SVIDENCE_RETURN_IF_ERROR(open->states.BindInt64(1, static_cast<std::int64_t>(first)));
  SVIDENCE_RETURN_IF_ERROR(open->states.BindInt64(2, static_cast<std::int64_t>(max)));
  std::vector<EntryIndex> found;
  while (true) {
    SVIDENCE_ASSIGN_OR_RETURN(const bool row, open->states.Step());
    if (!row) return found;
    found.push_back(static_cast<EntryIndex>(open->states.ColumnInt64(0)));
  }
}

StatusOr<DerivedTiles::Connection*> DerivedTiles::Ready() {
  struct stat facts {};
  if (stat(path_.c_str(), &facts) != 0) {
    open_.reset();
    return NotFound("there is no derived state at " + Quote(path_, kMaxShownPath));
  }
  const FileId now{facts.st_dev, facts.st_ino};
  if (open_ != nullptr && open_->file == now) return open_.get();
  open_.reset();
  SVIDENCE_ASSIGN_OR_RETURN(Database db, Database::Open(path_, OpenMode::kReadOnly));
  SVIDENCE_ASSIGN_OR_RETURN(DerivedReads reads, DerivedReads::Prepare(db));
  open_ = std::unique_ptr<Connection>(new Connection{now, std::move(db), std::move(reads)});
  return open_.get();
}

StatusOr<EntryIndex> DerivedTiles::CoveredSize() {
  const StatusOr<Connection*> open = Ready();
  if (open.status().code() == StatusCode::kNotFound) return EntryIndex{0};
  if (!open.ok()) return open.status();
  return (*open)->reads.CoveredSize();
}

StatusOr<std::string> DerivedTiles::Read(std::string_view path, std::size_t max_bytes) {
  SVIDENCE_ASSIGN_OR_RETURN(Connection* const open, Ready());
  return open->reads.ReadTile(hasher_, path, max_bytes);
}

}  // namespace svidence::sqlite
