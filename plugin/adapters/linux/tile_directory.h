// A published log as a directory of files: read by anybody, written by one.
//
//   <dir>/checkpoint  checkpoint.witnessed  tile/<level>/<index>[.p/<width>]  tile/entries/...
//
// Only these paths are opened, one component after the other, and no symbolic link
// below <dir> is followed: what a path names lies in <dir>. Docs: docs/formats/tiles.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/dir_lock.h"
#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/core/ledger/publish/place.h"
#include "plugin/core/ledger/tree/tile_node_reader.h"

namespace svidence::linux_os {

// Reads; needs no lock beside a writer. Thread-safe.
class TileDirectory final : public ledger::TileReader {
 public:
  // Errors: those of ErrnoStatus.
  static StatusOr<std::unique_ptr<TileDirectory>> Open(const std::string& dir);

  // Errors: also InvalidArgument if `path` is none of the above or the file is no
  //         regular one; FailedPrecondition if a symbolic link is in the way; those
  //         of ErrnoStatus.
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override;

 private:
  TileDirectory(UniqueFd root, std::string where)
      : root_(std::move(root)), where_(std::move(where)) {}

  const UniqueFd root_;
  const std::string where_;
};

// Writes. Directories are made as needed, with rights 0750, files with 0640: who is
// to serve them belongs to their group.
class TileDirectoryWriter final : public ledger::TilePlace {
 public:
  // Makes `dir` unless it exists; its parent must. Holds `<dir>/lock` until
  // destroyed, and waits up to `lock_wait_millis` for whoever holds it.
  // Errors: FailedPrecondition if it is still held, if `dir` belongs to neither
  //         this user nor root, or if others may write to it; those of ErrnoStatus.
  static StatusOr<std::unique_ptr<TileDirectoryWriter>> Open(const std::string& dir,
                                                             std::int64_t lock_wait_millis);

  // Errors: those of TileDirectory::Read.
  StatusOr<std::string> Read(std::string_view path, std::size_t max_bytes) override;
  Status Write(std::string_view path, std::string_view bytes) override;
  Status Sync() override;
  Status RemovePartials(const ledger::TileId& full) override;

 private:
  // Open from before something is put into it until that is synced, so that no
  // error in between is lost.
  struct Folder {
    UniqueFd fd;
    bool changed = false;
  };

  TileDirectoryWriter(UniqueFd root, std::string where, DirLock lock)
      : where_(std::move(where)), lock_(std::move(lock)) {
    folders_[""].fd = std::move(root);
  }

  // The folder below the root, made if need be; valid until the next Sync().
  StatusOr<Folder*> FolderFor(const std::string& path);
  StatusOr<UniqueFd> OpenOrMake(Folder& parent, const std::string& path, const char* name) const;
  Status Put(Folder& folder, std::string_view path, std::string_view bytes) const;
  Status SyncFolders();

  const std::string where_;
  const DirLock lock_;
  std::map<std::string, Folder, std::less<>> folders_;  // "": the root, always there
  Status broken_;                                       // why a sync has failed
};

}  // namespace svidence::linux_os
