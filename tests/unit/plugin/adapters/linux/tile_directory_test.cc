#include "plugin/adapters/linux/tile_directory.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

namespace fs = std::filesystem;

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::svidence::testing::TemporaryDirectory;
using ::testing::HasSubstr;

class TileDirectoryTest : public ::testing::Test {
 protected:
  std::string dir() const { return parent_.File("tiles"); }
  std::string File(const std::string& name) const { return dir() + '/' + name; }

  std::unique_ptr<TileDirectoryWriter> Writer() {
    StatusOr<std::unique_ptr<TileDirectoryWriter>> writer = TileDirectoryWriter::Open(dir(), 0);
    EXPECT_THAT(writer, IsOk());
    return *std::move(writer);
  }
  std::unique_ptr<TileDirectory> Reader() {
    StatusOr<std::unique_ptr<TileDirectory>> reader = TileDirectory::Open(dir());
    EXPECT_THAT(reader, IsOk());
    return *std::move(reader);
  }
  void Plant(const std::string& name, const std::string& bytes) {
    fs::create_directories(fs::path(File(name)).parent_path());
    std::ofstream(File(name)) << bytes;
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }

  TemporaryDirectory parent_;
};

TEST_F(TileDirectoryTest, MakesWhatIsMissingForItsGroupToRead) {
  const mode_t before = umask(0077);
  {
    const auto writer = Writer();
    EXPECT_THAT(writer->Write("tile/entries/x001/000.p/9", "x"), IsOk());
    EXPECT_THAT(writer->Sync(), IsOk());
  }
  umask(before);
  EXPECT_EQ(ModeOf(File("tile/entries")), 0750U);
  EXPECT_EQ(ModeOf(File("tile/entries/x001/000.p")), 0750U);
  EXPECT_EQ(ModeOf(File("tile/entries/x001/000.p/9")), 0640U);
}

TEST_F(TileDirectoryTest, KeepsTheGroupThatItsDirectoryHandsOn) {
  fs::create_directory(dir());
  ASSERT_EQ(chmod(dir().c_str(), 02750), 0);
  const auto writer = Writer();
  ASSERT_THAT(writer->Write("tile/0/000", "x"), IsOk());
  EXPECT_EQ(ModeOf(File("tile/0")), 02750U);
}

TEST_F(TileDirectoryTest, ReadsBesideAWriter) {
  const auto writer = Writer();
  ASSERT_THAT(writer->Write("checkpoint", "one"), IsOk());
  const auto reader = Reader();
  EXPECT_THAT(reader->Read("checkpoint", 3), IsOkAndHolds(std::string("one")));
  ASSERT_THAT(writer->Write("checkpoint", "two"), IsOk());
  EXPECT_THAT(reader->Read("checkpoint", 3), IsOkAndHolds(std::string("two")));
}

TEST_F(TileDirectoryTest, IsNotMadeByWhoOnlyReads) {
  EXPECT_THAT(TileDirectory::Open(dir()), StatusIs(StatusCode::kNotFound));
}

TEST_F(TileDirectoryTest, HasOneWriterAtATime) {
  auto first = Writer();
  EXPECT_THAT(TileDirectoryWriter::Open(dir(), 0), StatusIs(StatusCode::kFailedPrecondition));
  first.reset();
  EXPECT_THAT(TileDirectoryWriter::Open(dir(), 0), IsOk());
}

TEST_F(TileDirectoryTest, FollowsNoLinkToAFile) {
  Plant("secret", "key");
  fs::create_directories(File("tile/0"));
  fs::create_symlink(File("secret"), File("tile/0/000"));
  fs::create_symlink("secret", File("checkpoint"));
  const auto reader = Reader();
  EXPECT_THAT(reader->Read("tile/0/000", 9), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(reader->Read("checkpoint", 9), StatusIs(StatusCode::kFailedPrecondition));
  // A writer puts a file in the link's place and leaves alone where it led.
  const auto writer = Writer();
  ASSERT_THAT(writer->Write("checkpoint", "new"), IsOk());
  EXPECT_THAT(reader->Read("checkpoint", 9), IsOkAndHolds(std::string("new")));
  std::ifstream secret(File("secret"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(secret), {}), "key");
}

TEST_F(TileDirectoryTest, FollowsNoLinkToAFolder) {
  const std::string outside = parent_.File("outside");
  fs::create_directories(outside + "/0");
  std::ofstream(outside + "/0/000") << "foreign";
  fs::create_directory(dir());
  fs::create_symlink(outside, File("tile"));
  EXPECT_THAT(Reader()->Read("tile/0/000", 99), StatusIs(StatusCode::kFailedPrecondition));
  const auto writer = Writer();
  EXPECT_THAT(writer->Write("tile/0/001", "x"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(writer->RemovePartials({}), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_FALSE(fs::exists(outside + "/0/001"));
}

TEST_F(TileDirectoryTest, ReadsRegularFilesOnly) {
  fs::create_directories(File("tile/0/001"));
  ASSERT_EQ(mkfifo(File("tile/0/000").c_str(), 0600), 0);
  const auto reader = Reader();
  EXPECT_THAT(reader->Read("tile/0/000", 9), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(reader->Read("tile/0/001", 9), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(TileDirectoryTest, TakesTheBoundToTheByte) {
  Plant("tile/0/000", "12345678");
  EXPECT_THAT(Reader()->Read("tile/0/000", 8), IsOkAndHolds(std::string("12345678")));
  EXPECT_THAT(Reader()->Read("tile/0/000", 7), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(TileDirectoryTest, WritesOverTheLeftOverOfACrash) {
  Plant("tile/0/000.tmp", "half a ti");
  Plant("checkpoint.tmp", "half");
  const auto writer = Writer();
  ASSERT_THAT(writer->Write("tile/0/000", "whole"), IsOk());
  ASSERT_THAT(writer->Write("checkpoint", "whole"), IsOk());
  EXPECT_FALSE(fs::exists(File("tile/0/000.tmp")));
  EXPECT_FALSE(fs::exists(File("checkpoint.tmp")));
  EXPECT_THAT(writer->Read("tile/0/000", 9), IsOkAndHolds(std::string("whole")));
}

TEST_F(TileDirectoryTest, RemovesLeftOversWithThePartialsAndLeavesWhatIsNotItsOwn) {
  Plant("tile/0/000.p/12", "a");
  Plant("tile/0/000.p/13.tmp", "b");
  Plant("tile/0/001.p/1", "c");
  Plant("tile/0/001.p/notes", "d");
  const auto writer = Writer();
  EXPECT_THAT(writer->RemovePartials({.index = 0}), IsOk());
  EXPECT_THAT(writer->RemovePartials({.index = 1}), IsOk());
  EXPECT_FALSE(fs::exists(File("tile/0/000.p")));
  EXPECT_FALSE(fs::exists(File("tile/0/001.p/1")));
  EXPECT_TRUE(fs::exists(File("tile/0/001.p/notes")));
}

TEST_F(TileDirectoryTest, RefusesADirectoryThatEverybodyMayWrite) {
  fs::create_directory(dir());
  ASSERT_EQ(chmod(dir().c_str(), 0757), 0);
  EXPECT_THAT(TileDirectoryWriter::Open(dir(), 0), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(TileDirectoryTest, LeavesTheOldFileWhereANewOneDoesNotFit) {
  const auto writer = Writer();
  ASSERT_THAT(writer->Write("tile/0/000", "old"), IsOk());
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status written = writer->Write("tile/0/000", std::string(5000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  EXPECT_THAT(written, StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Message(written), HasSubstr("tile/0/000"));
  EXPECT_THAT(writer->Read("tile/0/000", 9), IsOkAndHolds(std::string("old")));
  EXPECT_FALSE(fs::exists(File("tile/0/000.tmp")));
}

}  // namespace
}  // namespace svidence::linux_os
