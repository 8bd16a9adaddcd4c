// The shim's socket folder on a real file system.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "plugin/adapters/linux/unique_fd.h"
#include "plugin/shim/listener.h"
#include "plugin/shim/socket_dir.h"
#include "tests/integration/shim_process.h"

namespace svidence::testing {
namespace {

using ::testing::HasSubstr;

std::string ParentOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

class ShimSocketDirTest : public ::testing::Test {
 protected:
  shim::Result<shim::SocketDir> Make() const {
    const std::vector<std::string> candidates = {dir_.path()};
    return shim::SocketDir::Make(candidates);
  }

  const TempDir dir_;
};

TEST_F(ShimSocketDirTest, HoldsALockThatTmpCleanersHonour) {
  const shim::Result<shim::SocketDir> made = Make();
  ASSERT_TRUE(made.ok()) << made.error().text;
  const linux_os::UniqueFd cleaner =
      linux_os::OpenFd(ParentOf(made->socket_path()).c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(cleaner.valid());
  EXPECT_NE(flock(cleaner.get(), LOCK_EX | LOCK_NB), 0);
}

TEST_F(ShimSocketDirTest, TouchesFolderAndSocketAndTellsWhenOneIsGone) {
  const shim::Result<shim::SocketDir> made = Make();
  ASSERT_TRUE(made.ok()) << made.error().text;
  EXPECT_FALSE(made->Touch());  // no socket yet
  const shim::Result<shim::Listener> listener = shim::Listener::Bind(made->socket_path());
  ASSERT_TRUE(listener.ok()) << listener.error().text;
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(240);
  for (const std::string& path : {made->socket_path(), ParentOf(made->socket_path())}) {
    std::filesystem::last_write_time(path, long_ago);
  }
  EXPECT_TRUE(made->Touch());
  for (const std::string& path : {made->socket_path(), ParentOf(made->socket_path())}) {
    EXPECT_GT(std::filesystem::last_write_time(path), long_ago + std::chrono::hours(200)) << path;
  }
  std::filesystem::remove(made->socket_path());
  EXPECT_FALSE(made->Touch());
}

TEST_F(ShimSocketDirTest, PassesOverAFolderWhereEverybodyCouldSwapIt) {
  ASSERT_EQ(chmod(dir_.path().c_str(), 0777), 0);
  const shim::Result<shim::SocketDir> made = Make();
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().text, HasSubstr("is writable by everybody and has no sticky bit"));
  ASSERT_EQ(chmod(dir_.path().c_str(), 01777), 0);
  EXPECT_TRUE(Make().ok());
}

TEST_F(ShimSocketDirTest, LeavesNothingBehind) {
  {
    const shim::Result<shim::SocketDir> made = Make();
    ASSERT_TRUE(made.ok()) << made.error().text;
    EXPECT_TRUE(shim::Listener::Bind(made->socket_path()).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path()));
}

}  // namespace
}  // namespace svidence::testing
