#include "plugin/adapters/linux/exe_file_rules.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/stat.h>

namespace svidence::linux_os {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kLimit = 512 * kMiB;

ExeStat Plain() {
  return {.device = 8,
          .inode = 15,
          .size = 2 * kMiB,
          .mtime_ns = 1,
          .ctime_ns = 2,
          .blocks = 2 * kMiB / 512,
          .mode = S_IFREG | 0755,
          .owner = 0,
          .links = 1};
}

TEST(WhyNotHashedTest, HashesAnOrdinaryFile) {
  EXPECT_EQ(WhyNotHashed(Plain(), EXT4_SUPER_MAGIC, kLimit), std::nullopt);
  // A hash of what is served over a network is that of what was read.
  EXPECT_EQ(WhyNotHashed(Plain(), NFS_SUPER_MAGIC, kLimit), std::nullopt);
  EXPECT_EQ(WhyNotHashed(Plain(), TMPFS_MAGIC, kLimit), std::nullopt);
}

TEST(WhyNotHashedTest, HoldsTheSizeToItsBound) {
  EXPECT_EQ(WhyNotHashed(Plain(), EXT4_SUPER_MAGIC, 2 * kMiB), std::nullopt);
  EXPECT_EQ(WhyNotHashed(Plain(), EXT4_SUPER_MAGIC, 2 * kMiB - 1), NoHash::kTooLarge);
}

TEST(WhyNotHashedTest, RefusesASparseFile) {
  ExeStat exe = Plain();
  exe.blocks = exe.size / 8 / 512;  // as much as a file system may compress
  EXPECT_EQ(WhyNotHashed(exe, EXT4_SUPER_MAGIC, kLimit), std::nullopt);
  exe.blocks -= 1;
  EXPECT_EQ(WhyNotHashed(exe, EXT4_SUPER_MAGIC, kLimit), NoHash::kSparse);
  // Small files may lie in their inode and have no block at all.
  exe.size = kMiB;
  exe.blocks = 0;
  EXPECT_EQ(WhyNotHashed(exe, EXT4_SUPER_MAGIC, kLimit), std::nullopt);
}

TEST(WhyNotHashedTest, RefusesWhatAUserSpaceProcessServes) {
  EXPECT_EQ(WhyNotHashed(Plain(), FUSE_SUPER_MAGIC, kLimit), NoHash::kUserFileSystem);
}

TEST(WhyNotHashedTest, RefusesWhatIsNoRegularFile) {
  ExeStat exe = Plain();
  exe.mode = S_IFIFO | 0755;
  EXPECT_EQ(WhyNotHashed(exe, EXT4_SUPER_MAGIC, kLimit), NoHash::kNotRegular);
}

TEST(HashMayBeKeptTest, KeepsWhatOnlyRootMayWriteOnALocalFileSystem) {
  for (const std::uint32_t magic :
       {std::uint32_t{EXT4_SUPER_MAGIC}, std::uint32_t{XFS_SUPER_MAGIC},
        std::uint32_t{BTRFS_SUPER_MAGIC}, std::uint32_t{OVERLAYFS_SUPER_MAGIC}}) {
    EXPECT_TRUE(HashMayBeKept(Plain(), magic)) << magic;
  }
}

// Its owner can change a file and leave its times as they are.
TEST(HashMayBeKeptTest, DoesNotKeepWhatAUserMayWrite) {
  ExeStat exe = Plain();
  exe.owner = 1000;
  EXPECT_FALSE(HashMayBeKept(exe, EXT4_SUPER_MAGIC));
  for (const std::uint32_t mode : {0775U, 0757U, 0777U}) {
    exe = Plain();
    exe.mode = S_IFREG | mode;
    EXPECT_FALSE(HashMayBeKept(exe, EXT4_SUPER_MAGIC)) << mode;
  }
}

TEST(HashMayBeKeptTest, DoesNotKeepWhereTimesMeanLittle) {
  for (const std::uint32_t magic :
       {std::uint32_t{TMPFS_MAGIC}, std::uint32_t{RAMFS_MAGIC}, std::uint32_t{NFS_SUPER_MAGIC},
        std::uint32_t{FUSE_SUPER_MAGIC}, std::uint32_t{SMB2_SUPER_MAGIC}, std::uint32_t{V9FS_MAGIC},
        0xdeadbeefU}) {
    EXPECT_FALSE(HashMayBeKept(Plain(), magic)) << magic;
  }
}

TEST(ExeStatTest, IsAnotherFileWhenOneOfFiveDiffers) {
  ExeStat other = Plain();
  other.blocks = 0;  // still being written out
  EXPECT_EQ(other, Plain());
  for (const auto change : {+[](ExeStat& s) { ++s.device; }, +[](ExeStat& s) { ++s.inode; },
                            +[](ExeStat& s) { ++s.size; }, +[](ExeStat& s) { ++s.mtime_ns; },
                            +[](ExeStat& s) { ++s.ctime_ns; }}) {
    other = Plain();
    change(other);
    EXPECT_NE(other, Plain());
  }
}

}  // namespace
}  // namespace svidence::linux_os
