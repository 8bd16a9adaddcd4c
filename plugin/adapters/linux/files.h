// Small files, read within bounds and written so that they survive a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "attestors/base/secret.h"
#include "attestors/base/status.h"

namespace svidence::linux_os {

// What errno says, with the path: "opening "/x/y": No such file or directory".
// ENOENT is NotFound, ENOSPC, EDQUOT and EFBIG are ResourceExhausted, EEXIST is
// AlreadyExists, EACCES and EPERM are PermissionDenied, the rest is Unavailable.
Status ErrnoStatus(int error, std::string_view doing, std::string_view path);

// The whole of a regular file.
//
// Errors: those of ErrnoStatus; InvalidArgument if `path` is not a regular file
//         (a fifo does not block the call) or has more than `max_bytes`.
StatusOr<std::string> ReadRegularFile(const std::string& path, std::size_t max_bytes);

// The same of a file that is open already; `path` is what messages call it.
StatusOr<std::string> ReadRegularFd(int fd, const std::string& path, std::size_t max_bytes);

// Writes all of `bytes` where `fd` stands. Errors: those of ErrnoStatus.
Status WriteFd(int fd, std::string_view bytes, const std::string& path);

// Makes what was created, renamed or removed beside `path` survive a crash.
// Errors: those of ErrnoStatus.
Status SyncParent(const std::string& path);

// As ReadRegularFile, for a file that holds a key: owner and mode are checked
// on the opened file before a byte of it is read.
//
// Errors: also FailedPrecondition if the file belongs to neither this user nor
//         root, or if group or others have any right to it.
StatusOr<Secret> ReadPrivateFile(const std::string& path, std::size_t max_bytes);

// Replaces `path` by a file with these bytes, or leaves it as it was: after a
// crash one of the two is there, whole. Writes `path`.tmp, syncs it, renames
// it, syncs the directory. One writer at a time per path.
Status WriteFileDurably(const std::string& path, std::string_view bytes, mode_t mode);

// As WriteFileDurably, but never replaces a file.
// Errors: AlreadyExists if `path` exists.
Status CreateFileDurably(const std::string& path, std::string_view bytes, mode_t mode);

// Puts the file `from` in the place of `to`, in one step that survives a crash.
// Errors: those of ErrnoStatus.
Status RenameDurably(const std::string& from, const std::string& to);

// Makes the directory `path` with rights 0700 unless it exists, and syncs its
// parent, which must exist.
// Errors: those of ErrnoStatus; FailedPrecondition if `path` is something else,
//         belongs to neither this user nor root, or others may write to it.
Status EnsureDirectory(const std::string& path);

// Bytes that the file system of `path` has left for this user.
// Source: statvfs(3). Errors: those of ErrnoStatus.
StatusOr<std::uint64_t> FreeBytes(const std::string& path);

// Errors: FailedPrecondition if `dir` lies on a network file system, where locks
//         and SQLite's shared memory do not work; those of ErrnoStatus.
// Source: statfs(2); https://www.sqlite.org/wal.html, section 1.
Status RefuseNetworkFileSystem(const std::string& dir);

}  // namespace svidence::linux_os
