#include "tests/support/simulated_disk/vfs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace svidence::testing {
namespace {

struct Handle;

// What connections to one file share: its locks and SQLite's shared memory.
struct Shared {
  int readers = 0;
  const Handle* reserved = nullptr;
  const Handle* exclusive = nullptr;  // or waits to be

  std::vector<std::vector<char>> regions;
  std::array<std::vector<const Handle*>, SQLITE_SHM_NLOCK> shm_readers;
  std::array<const Handle*, SQLITE_SHM_NLOCK> shm_writers{};
  int shm_users = 0;
};

struct Globals {
  std::mutex mutex;  // of what follows
  SimulatedDisk* disk = nullptr;
  std::map<std::string, std::shared_ptr<Shared>> shared;
  int last_error = 0;
  int checkpoint_pages = 0;
  sqlite3* first = nullptr;
};

Globals& Global() {
  static Globals globals;
  return globals;
}

struct Handle {
  sqlite3_file base;  // first: SQLite sees only this
  SimulatedDisk* disk;
  std::string name;
  std::shared_ptr<SimulatedFile> file;
  std::shared_ptr<Shared> shared;
  int lock;
  bool syncs_name;  // with its first sync, as a new log or journal
  bool has_shm;
};

Handle& Of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

int Told(DiskFault fault, int io_error) {
  const std::lock_guard lock(Global().mutex);
  switch (fault) {
    case DiskFault::kNone:
      return SQLITE_OK;
    case DiskFault::kFull:
      Global().last_error = ENOSPC;
      return SQLITE_FULL;
    case DiskFault::kIo:
      Global().last_error = EIO;
      return io_error;
  }
  return SQLITE_INTERNAL;
}

int Close(sqlite3_file* file) {
  Of(file).~Handle();
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const Handle& handle = Of(file);
  const auto wanted = static_cast<std::size_t>(size);
  const std::string bytes =
      handle.disk->Read(*handle.file, static_cast<std::size_t>(offset), wanted);
  std::memset(out, 0, wanted);
  std::memcpy(out, bytes.data(), bytes.size());
  return bytes.size() == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const Handle& handle = Of(file);
  return Told(handle.disk->Write(handle.name, *handle.file, static_cast<std::size_t>(offset),
                                 {static_cast<const char*>(bytes), static_cast<std::size_t>(size)}),
              SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Handle& handle = Of(file);
  return Told(handle.disk->Truncate(handle.name, *handle.file, static_cast<std::size_t>(size)),
              SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int /*flags*/) {
  Handle& handle = Of(file);
  const DiskFault fault = handle.disk->Sync(handle.name, *handle.file);
  // fsync has no other way to fail: a full disk is an I/O error here too.
  if (fault != DiskFault::kNone) return Told(DiskFault::kIo, SQLITE_IOERR_FSYNC);
  if (!handle.syncs_name) return SQLITE_OK;
  const int rc = Told(handle.disk->SyncDirectory(), SQLITE_IOERR_DIR_FSYNC);
  if (rc == SQLITE_OK) handle.syncs_name = false;
  return rc;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  const Handle& handle = Of(file);
  *size = static_cast<sqlite3_int64>(handle.disk->SizeOf(*handle.file));
  return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
  Handle& handle = Of(file);
  Shared& shared = *handle.shared;
  const std::lock_guard lock(Global().mutex);
  if (handle.lock >= level) return SQLITE_OK;
  const auto other = [&handle](const Handle* holder) {
    return holder != nullptr && holder != &handle;
  };
  if (other(shared.exclusive)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_SHARED) {
    ++shared.readers;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (other(shared.reserved)) return SQLITE_BUSY;
    shared.reserved = &handle;
  } else {
    if (other(shared.reserved)) return SQLITE_BUSY;
    shared.exclusive = &handle;
    if (shared.readers > 1) {
      handle.lock = SQLITE_LOCK_PENDING;
      return SQLITE_BUSY;
    }
  }
  handle.lock = level;
  return SQLITE_OK;
}

int Unlock(sqlite3_file* file, int level) {
  Handle& handle = Of(file);
  Shared& shared = *handle.shared;
  const std::lock_guard lock(Global().mutex);
  if (handle.lock <= level) return SQLITE_OK;
  if (shared.reserved == &handle) shared.reserved = nullptr;
  if (shared.exclusive == &handle) shared.exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared.readers;
  handle.lock = level;
  return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* file, int* held) {
  const std::lock_guard lock(Global().mutex);
  *held = Of(file).shared->reserved != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int FileControl(sqlite3_file* /*file*/, int /*op*/, void* /*arg*/) { return SQLITE_NOTFOUND; }
int SectorSize(sqlite3_file* /*file*/) { return 4096; }
int DeviceCharacteristics(sqlite3_file* /*file*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  Handle& handle = Of(file);
  const std::lock_guard lock(Global().mutex);
  if (!handle.has_shm) {
    handle.has_shm = true;
    ++handle.shared->shm_users;
  }
  auto& regions = handle.shared->regions;
  const auto index = static_cast<std::size_t>(region);
  *out = nullptr;
  if (index >= regions.size() && extend == 0) return SQLITE_OK;
  while (regions.size() <= index) regions.emplace_back(static_cast<std::size_t>(size), '\0');
  *out = regions[index].data();
  return SQLITE_OK;
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  const Handle* handle = &Of(file);
  Shared& shared = *Of(file).shared;
  const std::lock_guard lock(Global().mutex);
  for (int k = offset; k < offset + count; ++k) {
    const auto slot = static_cast<std::size_t>(k);
    auto& readers = shared.shm_readers.at(slot);
    const bool others_read =
        std::any_of(readers.begin(), readers.end(), [&](const Handle* r) { return r != handle; });
    const Handle* writer = shared.shm_writers.at(slot);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) continue;
    if (writer != nullptr && writer != handle) return SQLITE_BUSY;
    if ((flags & SQLITE_SHM_EXCLUSIVE) != 0 && others_read) return SQLITE_BUSY;
  }
  for (int k = offset; k < offset + count; ++k) {
    const auto slot = static_cast<std::size_t>(k);
    auto& readers = shared.shm_readers.at(slot);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      std::erase(readers, handle);
      if (shared.shm_writers.at(slot) == handle) shared.shm_writers.at(slot) = nullptr;
    } else if ((flags & SQLITE_SHM_SHARED) != 0) {
      readers.push_back(handle);
    } else {
      shared.shm_writers.at(slot) = handle;
    }
  }
  return SQLITE_OK;
}

void ShmBarrier(sqlite3_file* /*file*/) { const std::lock_guard lock(Global().mutex); }

// The last one to leave forgets it, as the first one to come does on Unix.
int ShmUnmap(sqlite3_file* file, int /*remove*/) {
  Handle& handle = Of(file);
  const std::lock_guard lock(Global().mutex);
  if (!handle.has_shm) return SQLITE_OK;
  handle.has_shm = false;
  for (auto& readers : handle.shared->shm_readers) std::erase(readers, &handle);
  for (const Handle*& writer : handle.shared->shm_writers) {
    if (writer == &handle) writer = nullptr;
  }
  if (--handle.shared->shm_users == 0) handle.shared->regions.clear();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{.iVersion = 2,
                                      .xClose = Close,
                                      .xRead = Read,
                                      .xWrite = Write,
                                      .xTruncate = Truncate,
                                      .xSync = Sync,
                                      .xFileSize = FileSize,
                                      .xLock = Lock,
                                      .xUnlock = Unlock,
                                      .xCheckReservedLock = CheckReservedLock,
                                      .xFileControl = FileControl,
                                      .xSectorSize = SectorSize,
                                      .xDeviceCharacteristics = DeviceCharacteristics,
                                      .xShmMap = ShmMap,
                                      .xShmLock = ShmLock,
                                      .xShmBarrier = ShmBarrier,
                                      .xShmUnmap = ShmUnmap,
                                      .xFetch = nullptr,
                                      .xUnfetch = nullptr};

int Open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;  // until it is open: then SQLite does not close it
  Handle made{};
  {
    const std::lock_guard lock(Global().mutex);
    made.disk = Global().disk;
    if (name != nullptr) made.name = name;
    std::shared_ptr<Shared>& shared = Global().shared[made.name];
    if (shared == nullptr || name == nullptr) shared = std::make_shared<Shared>();
    made.shared = shared;
  }
  if (name == nullptr) {
    made.file = std::make_shared<SimulatedFile>();  // a temporary one: no part of the disk
  } else {
    made.file = made.disk->Find(made.name);
  }
  if (made.file == nullptr) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    const int rc = Told(made.disk->Create(made.name, made.file), SQLITE_CANTOPEN);
    if (rc != SQLITE_OK) return rc == SQLITE_FULL ? SQLITE_CANTOPEN : rc;
    constexpr int kNewJournals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
    made.syncs_name = (flags & kNewJournals) != 0;
  }
  auto* handle = new (file) Handle(std::move(made));
  handle->base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* /*vfs*/, const char* name, int sync_directory) {
  SimulatedDisk& disk = *Global().disk;
  if (disk.Find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
  const int rc = Told(disk.Delete(name), SQLITE_IOERR_DELETE);
  if (rc != SQLITE_OK) return SQLITE_IOERR_DELETE;
  return sync_directory != 0 ? Told(disk.SyncDirectory(), SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
}

int Access(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* result) {
  const std::shared_ptr<SimulatedFile> file = Global().disk->Find(name);
  // As on Unix, an empty file does not count as existing.
  const bool there =
      file != nullptr && (flags != SQLITE_ACCESS_EXISTS || Global().disk->SizeOf(*file) > 0);
  *result = there ? 1 : 0;
  return SQLITE_OK;
}

int FullPathname(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

// The same salts in every run.
int Randomness(sqlite3_vfs* /*vfs*/, int size, char* out) {
  for (int k = 0; k < size; ++k) out[k] = static_cast<char>(k * 37 + 11);
  return size;
}

int Sleep(sqlite3_vfs* /*vfs*/, int micros) { return micros; }  // no time passes here

int CurrentTimeInt64(sqlite3_vfs* /*vfs*/, sqlite3_int64* now) {
  *now = 212'000'000'000'000;
  return SQLITE_OK;
}
int CurrentTime(sqlite3_vfs* /*vfs*/, double* now) {
  *now = 2'453'703.0;
  return SQLITE_OK;
}

int GetLastError(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*out*/) {
  const std::lock_guard lock(Global().mutex);
  return Global().last_error;
}

sqlite3_vfs MakeVfs() {
  sqlite3_vfs vfs{};
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(Handle);
  vfs.mxPathname = 512;
  vfs.zName = "svidence-simulated";
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  vfs.xAccess = Access;
  vfs.xFullPathname = FullPathname;
  vfs.xRandomness = Randomness;
  vfs.xSleep = Sleep;
  vfs.xCurrentTime = CurrentTime;
  vfs.xGetLastError = GetLastError;
  vfs.xCurrentTimeInt64 = CurrentTimeInt64;
  return vfs;
}

sqlite3_vfs& TheVfs() {
  static sqlite3_vfs vfs = MakeVfs();
  return vfs;
}

int OnConnection(sqlite3* db, char** /*error*/, const void* /*api*/) {
  int pages = 0;
  {
    const std::lock_guard lock(Global().mutex);
    if (Global().first == nullptr) Global().first = db;
    pages = Global().checkpoint_pages;
  }
  return sqlite3_wal_autocheckpoint(db, pages);
}

// SQLite's own way to pass it.
void (*EntryPoint())() { return reinterpret_cast<void (*)()>(OnConnection); }

}  // namespace

SimulatedVfs::SimulatedVfs(SimulatedDisk& disk) {
  {
    const std::lock_guard lock(Global().mutex);
    Global().disk = &disk;
    Global().shared.clear();
  }
  sqlite3_vfs_register(&TheVfs(), /*makeDflt=*/1);
}

SimulatedVfs::~SimulatedVfs() {
  sqlite3_vfs_unregister(&TheVfs());
  const std::lock_guard lock(Global().mutex);
  Global().disk = nullptr;
  Global().shared.clear();
}

EarlyCheckpoints::EarlyCheckpoints(int pages) {
  {
    const std::lock_guard lock(Global().mutex);
    Global().checkpoint_pages = pages;
    Global().first = nullptr;
  }
  sqlite3_auto_extension(EntryPoint());
}

EarlyCheckpoints::~EarlyCheckpoints() { sqlite3_cancel_auto_extension(EntryPoint()); }

sqlite3* EarlyCheckpoints::FirstConnection() {
  const std::lock_guard lock(Global().mutex);
  return Global().first;
}

}  // namespace svidence::testing
