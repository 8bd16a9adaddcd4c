#include "plugin/adapters/linux/admin_sockets.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777U;
}

// What the handlers were told, for a test to wait for.
class Events {
 public:
  AdminHandlers Handlers() {
    return {.on_connection =
                [this](UniqueFd fd, const Peer& peer, bool may_write) {
                  // Kept before it is told: who waits for the text may ask for the number.
                  Keep(std::move(fd));
                  Push((may_write ? "admin uid=" : "read uid=") + std::to_string(peer.uid));
                },
            .on_closed = [this](int fd) { Push("closed " + std::to_string(fd)); },
            .on_refused = [this](const Status& status) { Push("refused " + Message(status)); }};
  }
  std::string Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !texts_.empty(); })) {
      return "nothing";
    }
    std::string text = texts_.front();
    texts_.pop_front();
    return text;
  }
  int LastNumber() {
    const std::scoped_lock lock(mutex_);
    return fds_.back().get();
  }

 private:
  void Keep(UniqueFd fd) {
    const std::scoped_lock lock(mutex_);
    fds_.push_back(std::move(fd));
  }
  void Push(std::string text) {
    const std::scoped_lock lock(mutex_);
    texts_.push_back(std::move(text));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> texts_;
  std::vector<UniqueFd> fds_;
};

UniqueFd Connect(const std::string& path) {
  auto fd = ConnectUnixSocket(path, "svidence-server", "fix");
  EXPECT_THAT(fd, IsOk());
  return fd.ok() ? *std::move(fd) : UniqueFd();
}

TEST(AdminSocketsTest, MakesAClosedDirectoryAndSocketsWithTheirModes) {
  const svidence::testing::TemporaryDirectory dir;
  const mode_t before = umask(0077);
  const auto sockets = AdminSockets::Open(dir.File("run"));
  umask(before);
  ASSERT_THAT(sockets, IsOk());
  EXPECT_EQ(ModeOf(dir.File("run")), 0750U);
  EXPECT_EQ(ModeOf(dir.File("run/admin.sock")), 0660U);
  EXPECT_EQ(ModeOf(dir.File("run/read.sock")), 0666U) << "the directory decides who may read";
  EXPECT_FALSE(std::filesystem::exists(dir.File("run/.new")));
}

TEST(AdminSocketsTest, WhereOthersMayEnterTheDirectoryTheyCannotReadEither) {
  const svidence::testing::TemporaryDirectory dir;
  ASSERT_EQ(chmod(dir.path().c_str(), 0755), 0);
  const auto sockets = AdminSockets::Open(dir.path());
  ASSERT_THAT(sockets, IsOk());
  EXPECT_EQ(ModeOf(dir.File("read.sock")), 0660U);
}

TEST(AdminSocketsTest, TheGroupOfASetgidDirectoryDoesNotBecomeAdministrator) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give the directory to another group";
  const svidence::testing::TemporaryDirectory dir;
  ASSERT_EQ(chown(dir.path().c_str(), 0, 4242), 0);
  ASSERT_EQ(chmod(dir.path().c_str(), 02750), 0);
  const auto sockets = AdminSockets::Open(dir.path());
  ASSERT_THAT(sockets, IsOk());
  struct stat found {};
  ASSERT_EQ(stat(dir.File("admin.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_gid, getegid());
}

TEST(AdminSocketsTest, RefusesADirectoryThatOthersMayWriteTo) {
  const svidence::testing::TemporaryDirectory dir;
  for (const mode_t mode : {0770U, 0707U, 01777U}) {
    ASSERT_EQ(chmod(dir.path().c_str(), mode), 0);
    const Status status = AdminSockets::Open(dir.path()).status();
    EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition)) << std::oct << mode;
    EXPECT_THAT(Message(status), HasSubstr("chmod 0750"));
  }
}

TEST(AdminSocketsTest, RefusesAPathThatIsTooLongOrHasNoParent) {
  const svidence::testing::TemporaryDirectory dir;
  EXPECT_THAT(AdminSockets::Open(dir.File("none/run")), StatusIs(StatusCode::kNotFound));
  const std::string deep = dir.File(std::string(100, 'x'));
  EXPECT_THAT(AdminSockets::Open(deep), StatusIs(StatusCode::kInvalidArgument));
}

TEST(AdminSocketsTest, ReplacesSocketsThatADeadServerLeft) {
  const svidence::testing::TemporaryDirectory dir;
  ASSERT_EQ(chmod(dir.path().c_str(), 0750), 0);
  { std::ofstream(dir.File("admin.sock")) << "stale"; }
  Events events;  // outlives the thread that fills it
  const auto sockets = AdminSockets::Open(dir.path());
  ASSERT_THAT(sockets, IsOk());
  ASSERT_THAT((*sockets)->Start(events.Handlers()), IsOk());
  const UniqueFd fd = Connect((*sockets)->admin_path());
  EXPECT_EQ(events.Next(), "admin uid=" + std::to_string(geteuid()));
}

TEST(AdminSocketsTest, ASecondServerDoesNotTakeTheSocketsAway) {
  const svidence::testing::TemporaryDirectory dir;
  const auto first = AdminSockets::Open(dir.File("run"));
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(AdminSockets::Open(dir.File("run")), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_TRUE(std::filesystem::exists(dir.File("run/admin.sock")));
}

class AdminSocketsServeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = AdminSockets::Open(dir_.File("run"));
    ASSERT_THAT(opened, IsOk());
    sockets_ = *std::move(opened);
    ASSERT_THAT(sockets_->Start(events_.Handlers()), IsOk());
  }
  const std::string uid_ = std::to_string(geteuid());
  const svidence::testing::TemporaryDirectory dir_;
  Events events_;
  std::unique_ptr<AdminSockets> sockets_;
};

TEST_F(AdminSocketsServeTest, TellsWhichSocketSomebodyCameBy) {
  const UniqueFd admin = Connect(sockets_->admin_path());
  EXPECT_EQ(events_.Next(), "admin uid=" + uid_);
  const UniqueFd read = Connect(sockets_->read_path());
  EXPECT_EQ(events_.Next(), "read uid=" + uid_);
}

TEST_F(AdminSocketsServeTest, SaysWhichConnectionHasEndedAndNumbersTheNextDifferently) {
  Connect(sockets_->admin_path());
  EXPECT_EQ(events_.Next(), "admin uid=" + uid_);
  const int first = events_.LastNumber();
  EXPECT_EQ(events_.Next(), "closed " + std::to_string(first));
  const UniqueFd again = Connect(sockets_->admin_path());
  EXPECT_EQ(events_.Next(), "admin uid=" + uid_);
  EXPECT_NE(events_.LastNumber(), first);
}

TEST_F(AdminSocketsServeTest, ReadersCannotKeepAnAdministratorOut) {
  std::vector<UniqueFd> readers;
  for (std::size_t i = 0; i < kMaxAdminConnections; ++i) {
    readers.push_back(Connect(sockets_->read_path()));
    EXPECT_EQ(events_.Next(), "read uid=" + uid_);
  }
  const UniqueFd one_too_many = Connect(sockets_->read_path());
  EXPECT_THAT(events_.Next(), HasSubstr("at most 16 connections"));
  char byte = 0;
  const int flags = fcntl(one_too_many.get(), F_GETFL);
  ASSERT_EQ(fcntl(one_too_many.get(), F_SETFL, flags & ~O_NONBLOCK), 0);
  EXPECT_EQ(read(one_too_many.get(), &byte, 1), 0) << "closed, not left hanging";
  const UniqueFd admin = Connect(sockets_->admin_path());
  EXPECT_EQ(events_.Next(), "admin uid=" + uid_);
}

TEST_F(AdminSocketsServeTest, RemovesItsSocketsWhenItGoes) {
  sockets_.reset();
  EXPECT_FALSE(std::filesystem::exists(dir_.File("run/admin.sock")));
  EXPECT_FALSE(std::filesystem::exists(dir_.File("run/read.sock")));
  EXPECT_THAT(AdminSockets::Open(dir_.File("run")), IsOk());
}

}  // namespace
}  // namespace svidence::linux_os
