// The metrics server over real sockets: pages, garbage, slow and many peers.
#include "plugin/adapters/metrics/metrics_server.h"

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugin/adapters/linux/unique_fd.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::metrics {
namespace {

using linux_os::UniqueFd;
using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::StartsWith;

Pages FixedPages(std::string metrics = "m 1\n") {
  return {.metrics = [metrics = std::move(metrics)] { return metrics; },
          .health = [] { return Health{}; }};
}

UniqueFd ConnectTcp(std::uint16_t port) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

UniqueFd ConnectUnix(const std::string& path) {
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

void Send(const UniqueFd& fd, const std::string& text) {
  EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string ReadToEnd(const UniqueFd& fd) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t count = read(fd.get(), chunk.data(), chunk.size());
    if (count <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

std::string Get(const UniqueFd& fd, const std::string& target) {
  Send(fd, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return ReadToEnd(fd);
}

const config::ListenAddress kAnyPort = {.unix_path = "", .host = "127.0.0.1", .port = 0};

class MetricsServerTest : public ::testing::Test {
 protected:
  void Start(Pages pages = FixedPages()) {
    auto server = MetricsServer::Start(kAnyPort, std::move(pages));
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }
  UniqueFd Connect() const { return ConnectTcp(server_->port()); }

  std::unique_ptr<MetricsServer> server_;
};

TEST_F(MetricsServerTest, ServesBothPages) {
  Start();
  EXPECT_THAT(Get(Connect(), "/metrics"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("m 1\n")));
  EXPECT_THAT(Get(Connect(), "/health"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("ok\n")));
  EXPECT_THAT(Get(Connect(), "/else"), StartsWith("HTTP/1.1 404"));
}

TEST_F(MetricsServerTest, DeliversAPageLargerThanAnySocketBuffer) {
  Start(FixedPages(std::string(std::size_t{16} * 1024 * 1024, 'x')));
  EXPECT_GT(Get(Connect(), "/metrics").size(), std::size_t{16} * 1024 * 1024);
}

TEST_F(MetricsServerTest, TakesARequestThatComesInPieces) {
  Start();
  const UniqueFd fd = Connect();
  for (const char c : std::string("GET /health HTTP/1.1\r\n\r\n")) Send(fd, std::string(1, c));
  EXPECT_THAT(ReadToEnd(fd), StartsWith("HTTP/1.1 200"));
}

TEST_F(MetricsServerTest, GoesOnAfterGarbage) {
  Start();
  Send(Connect(), std::string("\x16\x03\x01\0\xff\r\n\r\n", 9));
  Send(Connect(), std::string(100000, 'x'));
  Send(Connect(), "\r\n\r\n");
  { const UniqueFd gone = Connect(); }
  EXPECT_THAT(Get(Connect(), "/health"), StartsWith("HTTP/1.1 200"));
}

TEST_F(MetricsServerTest, AnswersARequestThatIsTooLongBeforeItEndsTheConnection) {
  Start();
  const UniqueFd fd = Connect();
  Send(fd, std::string(kMaxRequestBytes + 100, 'x'));
  EXPECT_THAT(ReadToEnd(fd), StartsWith("HTTP/1.1 431"));
}

TEST_F(MetricsServerTest, EndsASilentConnectionAndServesThoseThatWaited) {
  Start();
  std::vector<UniqueFd> silent;
  for (std::size_t i = 0; i < kMaxConnections; ++i) silent.push_back(Connect());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(Get(Connect(), "/health"), StartsWith("HTTP/1.1 200"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, kConnectionTime / 2);
  EXPECT_EQ(ReadToEnd(silent.front()), "");
}

TEST_F(MetricsServerTest, EndsWithConnectionsOpen) {
  Start();
  const UniqueFd open = Connect();
  server_.reset();
  EXPECT_EQ(ReadToEnd(open), "");
}

TEST_F(MetricsServerTest, ReportsAPortInUse) {
  Start();
  const config::ListenAddress same = {
      .unix_path = "", .host = "127.0.0.1", .port = server_->port()};
  EXPECT_THAT(MetricsServer::Start(same, FixedPages()), StatusIs(StatusCode::kAlreadyExists));
}

TEST_F(MetricsServerTest, RefusesWhatIsNotLoopback) {
  EXPECT_THAT(MetricsServer::Start({.unix_path = "", .host = "0.0.0.0", .port = 0}, FixedPages()),
              StatusIs(StatusCode::kInvalidArgument));
}

class MetricsSocketTest : public ::testing::Test {
 protected:
  config::ListenAddress Address() const {
    return {.unix_path = directory_.path() + "/m.sock", .host = "", .port = 0};
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(MetricsSocketTest, ServesOnAUnixSocketForOwnerAndGroupOnly) {
  const auto server = MetricsServer::Start(Address(), FixedPages());
  ASSERT_THAT(server, IsOk());
  struct stat info {};
  ASSERT_EQ(stat(Address().unix_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
  EXPECT_THAT(Get(ConnectUnix(Address().unix_path), "/metrics"), EndsWith("m 1\n"));
}

TEST_F(MetricsSocketTest, RemovesItsSocketWhenItEnds) {
  ASSERT_THAT(MetricsServer::Start(Address(), FixedPages()), IsOk());
  EXPECT_NE(access(Address().unix_path.c_str(), F_OK), 0);
}

TEST_F(MetricsSocketTest, ReplacesASocketThatADeadProcessLeft) {
  {
    const UniqueFd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    Address().unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  EXPECT_THAT(MetricsServer::Start(Address(), FixedPages()), IsOk());
}

TEST_F(MetricsSocketTest, LeavesASocketAloneOnWhichSomebodyListens) {
  const auto first = MetricsServer::Start(Address(), FixedPages());
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(MetricsServer::Start(Address(), FixedPages()), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Get(ConnectUnix(Address().unix_path), "/metrics"), EndsWith("m 1\n"));
}

TEST_F(MetricsSocketTest, LeavesASocketAloneWhoseListenerIsTooBusyToAccept) {
  const UniqueFd busy(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Address().unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  ASSERT_EQ(bind(busy.get(), name, sizeof(address)), 0);
  ASSERT_EQ(listen(busy.get(), 0), 0);
  std::vector<UniqueFd> waiting;
  do {
    waiting.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (connect(waiting.back().get(), name, sizeof(address)) == 0);
  EXPECT_THAT(MetricsServer::Start(Address(), FixedPages()), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(access(Address().unix_path.c_str(), F_OK), 0);
}

TEST_F(MetricsSocketTest, LeavesAFileAloneThatIsNoSocket) {
  const UniqueFd file(creat(Address().unix_path.c_str(), 0600));
  EXPECT_THAT(MetricsServer::Start(Address(), FixedPages()), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(access(Address().unix_path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace svidence::metrics
