#include "plugin/adapters/linux/dir_lock.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TemporaryDirectory;
using ::testing::HasSubstr;

TEST(DirLockTest, TheSecondIsRefusedAndToldWhoHoldsIt) {
  const TemporaryDirectory dir;
  const StatusOr<DirLock> first = DirLock::Acquire(dir.path(), 0);
  ASSERT_TRUE(first.ok()) << first.status();
  const StatusOr<DirLock> second = DirLock::Acquire(dir.path(), 30);
  EXPECT_THAT(second, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(second.status()), HasSubstr("process " + std::to_string(getpid())));
}

TEST(DirLockTest, IsFreeAgainWhenDestroyed) {
  const TemporaryDirectory dir;
  { ASSERT_TRUE(DirLock::Acquire(dir.path(), 0).ok()); }
  EXPECT_TRUE(DirLock::Acquire(dir.path(), 0).ok());
}

TEST(DirLockTest, WaitsForTheHolderToLeave) {
  const TemporaryDirectory dir;
  StatusOr<DirLock> first = DirLock::Acquire(dir.path(), 0);
  ASSERT_TRUE(first.ok());
  const std::jthread leaver(
      [lock = *std::move(first)] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); });
  EXPECT_TRUE(DirLock::Acquire(dir.path(), 5000).ok());
}

TEST(DirLockTest, DiesWithItsProcess) {
  const TemporaryDirectory dir;
  const pid_t child = fork();
  if (child == 0) {
    const StatusOr<DirLock> lock = DirLock::Acquire(dir.path(), 0);
    _exit(lock.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(DirLock::Acquire(dir.path(), 0).ok());
}

TEST(DirLockTest, NamesItsHolderToWhoeverAsks) {
  const TemporaryDirectory dir;
  EXPECT_THAT(DirLock::Holder(dir.path()), StatusIs(StatusCode::kNotFound));
  {
    const StatusOr<DirLock> lock = DirLock::Acquire(dir.path(), 0);
    ASSERT_TRUE(lock.ok());
    EXPECT_THAT(DirLock::Holder(dir.path()), IsOkAndHolds(std::int64_t{getpid()}));
  }
  EXPECT_THAT(DirLock::Holder(dir.path()), IsOkAndHolds(0));
}

TEST(DirLockTest, AMissingDirectoryIsSaid) {
  EXPECT_THAT(DirLock::Acquire("/nonexistent/ledger", 0), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace svidence::linux_os
