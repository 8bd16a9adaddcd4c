#include "plugin/adapters/linux/files.h"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TemporaryDirectory;
using ::testing::HasSubstr;

class FilesTest : public ::testing::Test {
 protected:
  std::string Make(const std::string& name, const std::string& bytes, mode_t mode = 0600) {
    const std::string path = dir_.File(name);
    std::ofstream(path) << bytes;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  TemporaryDirectory dir_;
};

TEST_F(FilesTest, ReadsAFileOfExactlyTheBound) {
  EXPECT_THAT(ReadRegularFile(Make("f", "12345678"), 8), IsOkAndHolds(std::string("12345678")));
}

TEST_F(FilesTest, RefusesAFileOneByteOverTheBound) {
  EXPECT_THAT(ReadRegularFile(Make("f", "123456789"), 8), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(FilesTest, SaysNotFoundForAFileThatIsMissing) {
  EXPECT_THAT(ReadRegularFile(dir_.File("none"), 8), StatusIs(StatusCode::kNotFound));
}

TEST_F(FilesTest, RefusesAFifoWithoutWaitingForAWriter) {
  ASSERT_EQ(mkfifo(dir_.File("fifo").c_str(), 0600), 0);
  EXPECT_THAT(ReadRegularFile(dir_.File("fifo"), 8), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(FilesTest, RefusesADirectory) {
  EXPECT_THAT(ReadRegularFile(dir_.path(), 8), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(FilesTest, ReadsAPrivateFile) {
  const StatusOr<Secret> secret = ReadPrivateFile(Make("key", "secret"), 64);
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(secret->Reveal(), "secret");
}

TEST_F(FilesTest, RefusesAKeyThatOthersMayRead) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    const StatusOr<Secret> secret = ReadPrivateFile(Make("key", "secret", mode), 64);
    EXPECT_THAT(secret, StatusIs(StatusCode::kFailedPrecondition)) << mode;
    EXPECT_THAT(Message(secret.status()), HasSubstr("chmod 600"));
  }
}

TEST_F(FilesTest, RefusesAKeyOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  const std::string path = Make("key", "secret");
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  EXPECT_THAT(ReadPrivateFile(path, 64), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(FilesTest, WritesAndReplacesWithTheMode) {
  const std::string path = dir_.File("mark");
  ASSERT_THAT(WriteFileDurably(path, "one", 0640), IsOk());
  ASSERT_THAT(WriteFileDurably(path, "two", 0600), IsOk());
  EXPECT_THAT(ReadRegularFile(path, 64), IsOkAndHolds(std::string("two")));
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST_F(FilesTest, ATemporaryFileLeftByACrashIsNoObstacle) {
  Make("mark.tmp", "half");
  ASSERT_THAT(WriteFileDurably(dir_.File("mark"), "whole", 0600), IsOk());
  EXPECT_THAT(ReadRegularFile(dir_.File("mark"), 64), IsOkAndHolds(std::string("whole")));
}

TEST_F(FilesTest, CreateNeverReplacesAFile) {
  const std::string path = Make("key", "old");
  EXPECT_THAT(CreateFileDurably(path, "new", 0600), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(ReadRegularFile(path, 64), IsOkAndHolds(std::string("old")));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
  EXPECT_THAT(CreateFileDurably(dir_.File("other"), "new", 0600), IsOk());
  EXPECT_THAT(ReadRegularFile(dir_.File("other"), 64), IsOkAndHolds(std::string("new")));
}

TEST_F(FilesTest, WritingIntoAMissingDirectorySaysSo) {
  EXPECT_THAT(WriteFileDurably(dir_.File("none/mark"), "x", 0600), StatusIs(StatusCode::kNotFound));
}

TEST_F(FilesTest, WritingToAFullDeviceIsResourceExhausted) {
  EXPECT_THAT(ErrnoStatus(ENOSPC, "writing", "x"), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(ErrnoStatus(EDQUOT, "writing", "x"), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(ErrnoStatus(EFBIG, "writing", "x"), StatusIs(StatusCode::kResourceExhausted));
}

TEST_F(FilesTest, NamesThePathQuoted) {
  EXPECT_THAT(Message(ErrnoStatus(EIO, "reading", "a\nb")), HasSubstr("\"a\\x0ab\""));
}

TEST_F(FilesTest, EnsureDirectoryMakesOneThatIsClosedToOthers) {
  ASSERT_THAT(EnsureDirectory(dir_.File("made")), IsOk());
  struct stat found {};
  ASSERT_EQ(stat(dir_.File("made").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0700U);
  EXPECT_THAT(EnsureDirectory(dir_.File("made")), IsOk());
}

TEST_F(FilesTest, EnsureDirectoryRefusesAFileAndAWorldWritableDirectory) {
  EXPECT_THAT(EnsureDirectory(Make("file", "")), StatusIs(StatusCode::kFailedPrecondition));
  ASSERT_THAT(EnsureDirectory(dir_.File("open")), IsOk());
  ASSERT_EQ(chmod(dir_.File("open").c_str(), 0777), 0);
  EXPECT_THAT(EnsureDirectory(dir_.File("open")), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(FilesTest, ALocalFileSystemIsAccepted) {
  EXPECT_THAT(RefuseNetworkFileSystem(dir_.path()), IsOk());
  EXPECT_THAT(RefuseNetworkFileSystem(dir_.File("none")), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace svidence::linux_os
