// Which files can be hashed at all, and for which of them the hash may be kept.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <tuple>

#include "attestors/base/status.h"
#include "attestors/process/process_source.h"

namespace svidence::linux_os {

// What statx(2) says of an executable.
struct ExeStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t blocks = 0;  // allocated, of 512 bytes
  std::uint32_t mode = 0;
  std::uint32_t owner = 0;
  std::uint32_t links = 0;

  FileId id() const { return {.device = device, .inode = inode}; }

  // By the first five: the same file with the same content, as far as its
  // attributes can tell. A change of the others changes ctime, too, but for
  // `blocks`, which move while the kernel writes the file out.
  friend std::strong_ordering operator<=>(const ExeStat& a, const ExeStat& b) {
    return std::tie(a.device, a.inode, a.size, a.mtime_ns, a.ctime_ns) <=>
           std::tie(b.device, b.inode, b.size, b.mtime_ns, b.ctime_ns);
  }
  friend bool operator==(const ExeStat& a, const ExeStat& b) { return std::is_eq(a <=> b); }
};

// Of `path` below `fd`; flags as for statx(2). With AT_STATX_DONT_SYNC no server
// of a remote file system is asked.
// Errors: NotFound if nothing is there; those of ErrnoStatus().
StatusOr<ExeStat> StatExe(int fd, const char* path, int flags);

// Why the file is not hashed; nullopt if it is. `magic` is statfs(2)'s f_type.
//
// FUSE: the process behind it sees who reads, and may show the agent another
// content than it had executed. Sparse: larger than 1 MiB with less than an
// eighth of it on disk; compressing file systems stay far from that.
std::optional<NoHash> WhyNotHashed(const ExeStat& exe, std::uint32_t magic,
                                   std::uint64_t max_bytes);

// True if an equal ExeStat, later, will mean an equal content.
//
// That takes more than time stamps. Whoever owns a file can change it and leave
// all of them as they were: through a shared mapping on tmpfs, which never
// touches them; with EXT4_IOC_MOVE_EXT or XFS_IOC_SWAPEXT. So the file must
// belong to root and be writable by nobody else; a mode that says so covers
// ACLs, too. Not on tmpfs even so, where the root of a container owns files;
// not on network file systems, whose times another machine makes up; not on
// what we do not know.
bool HashMayBeKept(const ExeStat& exe, std::uint32_t magic);

// A change in the same clock tick leaves the times as they are. Only a ctime
// older than this, when the reading begins, stands for one content.
constexpr std::int64_t kFreshNs = 2'000'000'000;

}  // namespace svidence::linux_os
