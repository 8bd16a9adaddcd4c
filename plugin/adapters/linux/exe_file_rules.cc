#include "plugin/adapters/linux/exe_file_rules.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "plugin/adapters/linux/files.h"

namespace svidence::linux_os {
namespace {

// Not in the linux/magic.h of Debian 12. Source: the kernel's fs/*/, OpenZFS.
constexpr std::uint32_t kBcachefsMagic = 0xca451a4e;
constexpr std::uint32_t kZfsMagic = 0x2fc12fc1;

constexpr std::array<std::uint32_t, 10> kLocalFileSystems{
    EXT4_SUPER_MAGIC,     XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
    EROFS_SUPER_MAGIC_V1, SQUASHFS_MAGIC,  ISOFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC,
    kBcachefsMagic,       kZfsMagic};

constexpr std::uint64_t kSmallBytes = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kLeastAllocatedPart = 8;  // an eighth
constexpr std::uint64_t kBlockBytes = 512;

std::int64_t Nanoseconds(const statx_timestamp& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

StatusOr<ExeStat> StatExe(int fd, const char* path, int flags) {
  struct statx found {};
  if (statx(fd, path, flags, STATX_BASIC_STATS, &found) != 0) {
    const int error = errno;
    if (error == ESRCH) return NotFound("the process is gone");
    return ErrnoStatus(error, "looking at", "the executable");
  }
  return ExeStat{.device = makedev(found.stx_dev_major, found.stx_dev_minor),
                 .inode = found.stx_ino,
                 .size = found.stx_size,
                 .mtime_ns = Nanoseconds(found.stx_mtime),
                 .ctime_ns = Nanoseconds(found.stx_ctime),
                 .blocks = found.stx_blocks,
                 .mode = found.stx_mode,
                 .owner = found.stx_uid,
                 .links = found.stx_nlink};
}

std::optional<NoHash> WhyNotHashed(const ExeStat& exe, std::uint32_t magic,
                                   std::uint64_t max_bytes) {
  if (!S_ISREG(exe.mode)) return NoHash::kNotRegular;
  if (magic == FUSE_SUPER_MAGIC) return NoHash::kUserFileSystem;
  if (exe.size > max_bytes) return NoHash::kTooLarge;
  if (exe.size > kSmallBytes && exe.blocks < exe.size / kLeastAllocatedPart / kBlockBytes) {
    return NoHash::kSparse;
  }
  return std::nullopt;
}

bool HashMayBeKept(const ExeStat& exe, std::uint32_t magic) {
  const bool only_root_writes = exe.owner == 0 && (exe.mode & (S_IWGRP | S_IWOTH)) == 0;
  return only_root_writes && std::ranges::find(kLocalFileSystems, magic) != kLocalFileSystems.end();
}

}  // namespace svidence::linux_os
