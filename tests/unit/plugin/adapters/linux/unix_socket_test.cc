#include "plugin/adapters/linux/unix_socket.h"

#include <cstring>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using svidence::testing::IsOk;
using svidence::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

UniqueFd ListenAt(const std::string& path, int type = SOCK_STREAM) {
  UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_TRUE(type != SOCK_STREAM || listen(fd.get(), 1) == 0);
  return fd;
}

TEST(UnixSocketTest, ConnectsAndKnowsItsPeer) {
  const svidence::testing::TemporaryDirectory dir;
  const UniqueFd listener = ListenAt(dir.File("s"));
  const auto fd = ConnectUnixSocket(dir.File("s"), "SPIRE server", "fix");
  ASSERT_THAT(fd, IsOk());
  const UniqueFd accepted(accept(listener.get(), nullptr, nullptr));
  const auto peer = PeerOf(accepted.get());
  ASSERT_THAT(peer, IsOk());
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->gid, getegid());
}

TEST(UnixSocketTest, EachFailureNamesWhoWhereAndTheFix) {
  const svidence::testing::TemporaryDirectory dir;
  const auto connect = [](const std::string& path) {
    return ConnectUnixSocket(path, "SPIRE server", "set spire_server_socket").status();
  };
  const auto says = [](std::string_view what) {
    return AllOf(HasSubstr(std::string(what)), HasSubstr("set spire_server_socket"));
  };
  Status status = connect(dir.File("none"));
  EXPECT_THAT(status, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Message(status), says("no socket of SPIRE server at \"" + dir.File("none") + "\""));

  { const UniqueFd dead = ListenAt(dir.File("dead")); }
  status = connect(dir.File("dead"));
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(status), says("nobody listens"));

  const UniqueFd datagram = ListenAt(dir.File("datagram"), SOCK_DGRAM);
  status = connect(dir.File("datagram"));
  EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(status), says("not a stream socket"));

  status = connect(std::string(kMaxSocketPathBytes + 1, 'x'));
  EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(status), says("1 to 107 bytes, got 108"));
  EXPECT_THAT(connect(std::string(kMaxSocketPathBytes, 'x')), StatusIs(StatusCode::kNotFound));
}

TEST(UnixSocketTest, ABacklogThatIsFullIsNoReasonToHang) {
  const svidence::testing::TemporaryDirectory dir;
  const UniqueFd listener = ListenAt(dir.File("s"));
  std::vector<UniqueFd> waiting;
  Status status;
  while (status.ok() && waiting.size() < 100) {
    auto fd = ConnectUnixSocket(dir.File("s"), "SPIRE server", "fix");
    status = fd.status();
    if (fd.ok()) waiting.push_back(*std::move(fd));
  }
  EXPECT_THAT(status, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(status), HasSubstr("too many connections waiting"));
}

}  // namespace
}  // namespace svidence::linux_os
