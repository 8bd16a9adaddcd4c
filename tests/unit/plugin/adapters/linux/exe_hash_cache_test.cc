#include "plugin/adapters/linux/exe_hash_cache.h"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "plugin/adapters/linux/files.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;

constexpr std::uint64_t kMiB = std::uint64_t{1024} * 1024;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr HashRequest kRequest{.max_bytes = 512 * kMiB, .uid = 1000};

struct Opened {
  explicit Opened(const std::string& path) : Opened(OpenFd(path.c_str(), O_PATH)) {}
  explicit Opened(UniqueFd of) : fd(std::move(of)) {
    const StatusOr<ExeStat> found = StatExe(fd.get(), "", AT_EMPTY_PATH);
    EXPECT_THAT(found, IsOk());
    if (found.ok()) stat = *found;
  }
  UniqueFd fd;
  ExeStat stat;
};

Digest Sha256Of(std::string_view bytes) {
  return openssl::OpenSslHasher::Create()->Sha256({bytes});
}

class ExeHashCacheTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = directory_.File(name);
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(chmod(path.c_str(), 0755), 0);
    return path;
  }
  StatusOr<ExeHash> Hash(const Opened& exe, const HashRequest& request = kRequest,
                         const std::stop_token& stop = {}) {
    return cache_.Hash(exe.fd, exe.stat, request, stop);
  }
  // So that the times of `exe` count.
  void Settle(const Opened& exe) {
    clock_.SetUnixMillis((exe.stat.ctime_ns + kFreshNs) / 1'000'000 + 1);
  }
  // What is kept depends on owner and file system, which a test cannot choose
  // unless it runs as root on a disk.
  static bool CanBeKept(const Opened& exe) {
    struct statfs found {};
    return fstatfs(exe.fd.get(), &found) == 0 &&
           HashMayBeKept(exe.stat, static_cast<std::uint32_t>(found.f_type));
  }

  testing::TemporaryDirectory directory_;
  testing::FakeClock clock_;
  ExeHashCache cache_{clock_, 16};
};

#define SKIP_UNLESS_KEPT(exe)                                                                  \
  if (!CanBeKept(exe)) {                                                                       \
    GTEST_SKIP() << "needs root and a temporary directory on a disk: a hash is kept only for " \
                    "files of root's on ext4, xfs, btrfs, overlayfs, ...";                     \
  }

TEST_F(ExeHashCacheTest, GivesTheHashOfTheContent) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{262144},
                                 std::size_t{262145}, std::size_t{1000000}}) {
    const std::string bytes(size, 'x');
    EXPECT_THAT(Hash(Opened(Write("exe", bytes))), IsOkAndHolds(ExeHash(Sha256Of(bytes)))) << size;
  }
}

TEST_F(ExeHashCacheTest, ReadsAFileOnceWhileItStaysTheSame) {
  const Opened exe(Write("exe", "content"));
  SKIP_UNLESS_KEPT(exe);
  Settle(exe);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Hash(exe), IsOkAndHolds(ExeHash(Sha256Of("content"))));
  }
  EXPECT_EQ(cache_.stats().misses, 1);
  EXPECT_EQ(cache_.stats().hits, 2);
}

TEST_F(ExeHashCacheTest, KeepsNothingWhileTheFileIsFresh) {
  const Opened exe(Write("exe", "content"));
  SKIP_UNLESS_KEPT(exe);
  clock_.SetUnixMillis((exe.stat.ctime_ns + kFreshNs) / 1'000'000 - 1);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Hash(exe), IsOk());
  EXPECT_EQ(cache_.stats().misses, 2);
  EXPECT_EQ(cache_.stats().entries, 0);
  // A clock that was set back makes times of the future: fresh, too.
  clock_.SetUnixMillis(0);
  EXPECT_THAT(Hash(exe), IsOk());
  EXPECT_EQ(cache_.stats().entries, 0);
}

TEST_F(ExeHashCacheTest, ReadsAgainWhatWasOverwritten) {
  const std::string path = Write("exe", "before");
  const Opened before(path);
  Settle(before);
  EXPECT_THAT(Hash(before), IsOkAndHolds(ExeHash(Sha256Of("before"))));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // past the clock tick
  const Opened after(Write("exe", "after!"));
  EXPECT_EQ(after.stat.inode, before.stat.inode);
  EXPECT_THAT(Hash(after), IsOkAndHolds(ExeHash(Sha256Of("after!"))));
}

TEST_F(ExeHashCacheTest, RefusesAFileThatChangedSinceItWasLookedAt) {
  Opened exe(Write("exe", "content"));
  exe.stat.ctime_ns -= 1;
  EXPECT_THAT(Hash(exe), StatusIs(StatusCode::kUnavailable));
  exe = Opened(directory_.File("exe"));
  exe.stat.size -= 1;
  EXPECT_THAT(Hash(exe), StatusIs(StatusCode::kUnavailable));
}

// On many kernels a write through a mapping leaves all times of a file on tmpfs
// as they are: equal attributes, other content.
TEST_F(ExeHashCacheTest, IsNotFooledByAWriteThroughAMappingOnTmpfs) {
  const int memory = memfd_create("exe", MFD_CLOEXEC);
  ASSERT_GE(memory, 0);
  const std::string before(4096, 'a');
  ASSERT_EQ(write(memory, before.data(), before.size()), 4096);
  const Opened exe{UniqueFd(memory)};
  Settle(exe);
  EXPECT_THAT(Hash(exe), IsOkAndHolds(ExeHash(Sha256Of(before))));
  auto* mapped =
      static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0));
  ASSERT_NE(mapped, MAP_FAILED);
  mapped[0] = 'x';
  ASSERT_EQ(munmap(mapped, 4096), 0);
  const Opened after{UniqueFd(dup(memory))};
  EXPECT_THAT(Hash(after), IsOkAndHolds(ExeHash(Sha256Of('x' + before.substr(1)))));
}

TEST_F(ExeHashCacheTest, DoesNotKeepTheHashOfAFileThatAUserMayWrite) {
  const std::string path = Write("exe", "content");
  ASSERT_EQ(chmod(path.c_str(), 0777), 0);
  const Opened exe(path);
  Settle(exe);
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Hash(exe), IsOk());
  EXPECT_EQ(cache_.stats().misses, 2);
}

TEST_F(ExeHashCacheTest, RefusesASparseGiantAtOnce) {
  const std::string path = Write("exe", "x");
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(4 * kGiB)), 0);
  const Opened exe(path);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(Hash(exe, {.max_bytes = 8 * kGiB, .uid = 1000}),
              IsOkAndHolds(ExeHash(NoHash::kSparse)));
  EXPECT_THAT(Hash(exe), IsOkAndHolds(ExeHash(NoHash::kTooLarge)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(ExeHashCacheTest, HoldsNoMoreThanItsCapacity) {
  cache_.SetCapacity(2);
  for (const char* name : {"a", "b", "c"}) {
    const Opened exe(Write(name, name));
    SKIP_UNLESS_KEPT(exe);
    Settle(exe);
    EXPECT_THAT(Hash(exe), IsOk());
  }
  EXPECT_EQ(cache_.stats().entries, 2);
}

TEST_F(ExeHashCacheTest, FinishesWhatNobodyWaitsForAnyMore) {
  const Opened exe(Write("exe", std::string(20 * kMiB, 'x')));
  SKIP_UNLESS_KEPT(exe);
  Settle(exe);
  std::stop_source gone;
  gone.request_stop();
  EXPECT_THAT(Hash(exe, kRequest, gone.get_token()), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Hash(exe), IsOk());  // joins that reading, or finds its result
  EXPECT_EQ(cache_.stats().misses, 1);
}

// Also for ThreadSanitizer.
TEST_F(ExeHashCacheTest, ReadsOnceForManyThreads) {
  const std::string bytes(8 * kMiB, 'x');
  const Opened exe(Write("exe", bytes));
  Settle(exe);
  const Digest want = Sha256Of(bytes);
  const bool kept = CanBeKept(exe);
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) EXPECT_THAT(Hash(exe), IsOkAndHolds(ExeHash(want)));
      cache_.SetCapacity(16);
    });
  }
  threads.clear();
  if (kept) {
    EXPECT_EQ(cache_.stats().misses, 1);
  }
}

TEST_F(ExeHashCacheTest, SaysHowToLetItReadTheFile) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every file; run as another user";
  const std::string path = Write("exe", "content");
  ASSERT_EQ(chmod(path.c_str(), 0111), 0);
  EXPECT_THAT(Hash(Opened(path)), StatusIs(StatusCode::kPermissionDenied));
}

}  // namespace
}  // namespace svidence::linux_os
