#include "plugin/adapters/linux/tile_directory.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/linux/files.h"
#include "plugin/core/ledger/tree/tile_path.h"

namespace svidence::linux_os {
namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;
constexpr std::size_t kMaxOpenFolders = 64;
constexpr std::string_view kPartialsSuffix = ".p";
constexpr std::string_view kTemporarySuffix = ".tmp";

Status CheckPath(std::string_view path) {
  if (path == ledger::kCheckpointPath || path == ledger::kWitnessedCheckpointPath) {
    return OkStatus();
  }
  return ledger::ParseTilePath(path).status();
}

// "a/b/c" is "a/b" and "c"; "c" is "" and "c".
struct Split {
  std::string folder;
  std::string name;
};
Split SplitLast(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

Status StepError(int error, std::string_view doing, const std::string& path) {
  if (error != ELOOP && error != ENOTDIR) return ErrnoStatus(error, doing, path);
  return FailedPrecondition(Quote(path, 256) +
                            " goes through something that is no folder or file; no symbolic link "
                            "is followed in a directory of tiles");
}

UniqueFd OpenAt(int folder, const char* name, int flags, mode_t mode = 0) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): openat is declared so.
  return UniqueFd(openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW, mode));
}

StatusOr<UniqueFd> OpenRoot(const std::string& dir) {
  UniqueFd root = OpenFd(dir.c_str(), O_RDONLY | O_DIRECTORY);
  if (!root.valid()) return ErrnoStatus(errno, "opening", dir);
  return root;
}

// The folder `path` below `root`, which must be there.
StatusOr<UniqueFd> OpenFolder(int root, const std::string& where, std::string_view path) {
  UniqueFd folder = OpenAt(root, ".", O_RDONLY | O_DIRECTORY);
  if (!folder.valid()) return ErrnoStatus(errno, "opening", where);
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string name(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
    UniqueFd next = OpenAt(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY);
    if (!next.valid()) return StepError(errno, "opening", where + "/.../" + name);
    folder = std::move(next);
  }
  return folder;
}

StatusOr<std::string> ReadBelow(int root, const std::string& where, std::string_view path,
                                std::size_t max_bytes) {
  SVIDENCE_RETURN_IF_ERROR(CheckPath(path));
  const Split split = SplitLast(path);
  SVIDENCE_ASSIGN_OR_RETURN(const UniqueFd folder, OpenFolder(root, where, split.folder));
  const std::string whole = where + '/' + std::string(path);
  const UniqueFd file = OpenAt(folder.get(), split.name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file.valid()) return StepError(errno, "opening", whole);
  return ReadRegularFd(file.get(), whole, max_bytes);
}

// "17" or "17.tmp": what a publisher puts into a folder of partial tiles.
bool IsPartialName(std::string_view name) {
  if (name.ends_with(kTemporarySuffix)) name.remove_suffix(kTemporarySuffix.size());
  return !name.empty() && name.size() <= 3 &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct CloseList {
  void operator()(DIR* list) const noexcept { (void)closedir(list); }
};

// Removes those files of `folder`, whose descriptor it takes.
Status RemovePartialFiles(UniqueFd folder, const std::string& path) {
  const std::unique_ptr<DIR, CloseList> names(fdopendir(folder.get()));
  if (!names) return ErrnoStatus(errno, "listing", path);
  const int fd = folder.Release();  // the list's now
  // NOLINTNEXTLINE(concurrency-mt-unsafe): this list is nobody else's.
  while (const dirent* entry = readdir(names.get())) {
    const char* name = &entry->d_name[0];
    if (!IsPartialName(name)) continue;
    if (unlinkat(fd, name, 0) != 0 && errno != ENOENT) {
      return ErrnoStatus(errno, "removing", path + '/' + name);
    }
  }
  return OkStatus();
}

Status EnsureRoot(const std::string& dir) {
  if (mkdir(dir.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return ErrnoStatus(errno, "making the directory", dir);
  }
  SVIDENCE_RETURN_IF_ERROR(EnsureDirectory(dir));
  return SyncParent(dir);
}

}  // namespace

StatusOr<std::unique_ptr<TileDirectory>> TileDirectory::Open(const std::string& dir) {
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd root, OpenRoot(dir));
  return std::unique_ptr<TileDirectory>(new TileDirectory(std::move(root), dir));
}

StatusOr<std::string> TileDirectory::Read(std::string_view path, std::size_t max_bytes) {
  return ReadBelow(root_.get(), where_, path, max_bytes);
}

StatusOr<std::unique_ptr<TileDirectoryWriter>> TileDirectoryWriter::Open(
    const std::string& dir, std::int64_t lock_wait_millis) {
  SVIDENCE_RETURN_IF_ERROR(EnsureRoot(dir));
  SVIDENCE_ASSIGN_OR_RETURN(DirLock lock, DirLock::Acquire(dir, lock_wait_millis));
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd root, OpenRoot(dir));
  return std::unique_ptr<TileDirectoryWriter>(
      new TileDirectoryWriter(std::move(root), dir, std::move(lock)));
}

StatusOr<std::string> TileDirectoryWriter::Read(std::string_view path, std::size_t max_bytes) {
  return ReadBelow(folders_.find("")->second.fd.get(), where_, path, max_bytes);
}

Status TileDirectoryWriter::Write(std::string_view path, std::string_view bytes) {
  SVIDENCE_RETURN_IF_ERROR(broken_);
  SVIDENCE_RETURN_IF_ERROR(CheckPath(path));
  if (folders_.size() >= kMaxOpenFolders) SVIDENCE_RETURN_IF_ERROR(Sync());
  SVIDENCE_ASSIGN_OR_RETURN(Folder * folder, FolderFor(SplitLast(path).folder));
  return Put(*folder, path, bytes);
}

StatusOr<TileDirectoryWriter::Folder*> TileDirectoryWriter::FolderFor(const std::string& path) {
  if (const auto found = folders_.find(path); found != folders_.end()) return &found->second;
  const Split split = SplitLast(path);
  // As deep as a tile's path, whose length is bounded.
  SVIDENCE_ASSIGN_OR_RETURN(Folder * parent, FolderFor(split.folder));
  SVIDENCE_ASSIGN_OR_RETURN(UniqueFd fd, OpenOrMake(*parent, path, split.name.c_str()));
  Folder& folder = folders_[path];
  folder.fd = std::move(fd);
  return &folder;
}

StatusOr<UniqueFd> TileDirectoryWriter::OpenOrMake(Folder& parent, const std::string& path,
                                                   const char* name) const {
  const std::string whole = where_ + '/' + path;
  const bool made = mkdirat(parent.fd.get(), name, kFolderMode) == 0;
  if (!made && errno != EEXIST) return StepError(errno, "making the directory", whole);
  if (made) parent.changed = true;
  UniqueFd fd = OpenAt(parent.fd.get(), name, O_RDONLY | O_DIRECTORY);
  if (!fd.valid()) return StepError(errno, "opening", whole);
  struct stat found {};
  if (made && fstat(fd.get(), &found) != 0) return ErrnoStatus(errno, "looking at", whole);
  // Whatever the umask; a group that the parent hands on stays.
  if (made && fchmod(fd.get(), kFolderMode | (found.st_mode & S_ISGID)) != 0) {
    return ErrnoStatus(errno, "setting the mode of", whole);
  }
  return fd;
}

Status TileDirectoryWriter::Put(Folder& folder, std::string_view path,
                                std::string_view bytes) const {
  const std::string name = SplitLast(path).name;
  const std::string temporary = name + std::string(kTemporarySuffix);
  const std::string whole = where_ + '/' + std::string(path) + std::string(kTemporarySuffix);
  const int at = folder.fd.get();
  (void)unlinkat(at, temporary.c_str(), 0);  // a left-over of a crash; O_EXCL says if it stays
  const UniqueFd file = OpenAt(at, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, kFileMode);
  if (!file.valid()) return StepError(errno, "creating", whole);
  Status put = WriteFd(file.get(), bytes, whole);
  if (put.ok() && fchmod(file.get(), kFileMode) != 0) {
    put = ErrnoStatus(errno, "setting the mode of", whole);
  }
  if (put.ok() && fsync(file.get()) != 0) put = ErrnoStatus(errno, "syncing", whole);
  if (put.ok() && renameat(at, temporary.c_str(), at, name.c_str()) != 0) {
    put = ErrnoStatus(errno, "renaming", whole);
  }
  if (!put.ok()) (void)unlinkat(at, temporary.c_str(), 0);  // the error is already known
  folder.changed = true;
  return put;
}

Status TileDirectoryWriter::SyncFolders() {
  for (auto& [path, folder] : folders_) {
    if (!folder.changed) continue;
    if (fsync(folder.fd.get()) != 0) return ErrnoStatus(errno, "syncing", where_ + '/' + path);
    folder.changed = false;
  }
  return OkStatus();
}

Status TileDirectoryWriter::Sync() {
  if (broken_.ok()) broken_ = SyncFolders();
  if (broken_.ok()) std::erase_if(folders_, [](const auto& entry) { return !entry.first.empty(); });
  return broken_;
}

Status TileDirectoryWriter::RemovePartials(const ledger::TileId& full) {
  if (full.width != ledger::kTileWidth || !ledger::IsTile(full)) {
    return InvalidArgument("only a full tile has narrower forms that can go");
  }
  const std::string path = ledger::FormatTilePath(full) + std::string(kPartialsSuffix);
  const std::string whole = where_ + '/' + path;
  const int root = folders_.find("")->second.fd.get();
  const Split split = SplitLast(path);
  StatusOr<UniqueFd> parent = OpenFolder(root, where_, split.folder);
  if (parent.status().code() == StatusCode::kNotFound) return OkStatus();
  if (!parent.ok()) return parent.status();
  UniqueFd folder = OpenAt(parent->get(), split.name.c_str(), O_RDONLY | O_DIRECTORY);
  if (!folder.valid() && errno == ENOENT) return OkStatus();
  if (!folder.valid()) return StepError(errno, "opening", whole);
  SVIDENCE_RETURN_IF_ERROR(RemovePartialFiles(std::move(folder), whole));
  folders_.erase(path);
  // What somebody else has put there is not ours to remove.
  if (unlinkat(parent->get(), split.name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOTEMPTY &&
      errno != EEXIST) {
    return ErrnoStatus(errno, "removing", whole);
  }
  return OkStatus();
}

}  // namespace svidence::linux_os
