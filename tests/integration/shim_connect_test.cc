// svidence-shim in connect mode: the daemon runs beside it and outlives it.
#include <array>
#include <csignal>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/integration/shim_process.h"

namespace svidence::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

class ShimConnectTest : public ::testing::Test {
 protected:
  ShimConnectTest() { std::filesystem::create_directory(dir_ / "sockets"); }
  ~ShimConnectTest() override { StopDaemon(); }

  void StartDaemon() {
    std::string program = SVIDENCE_FAKE_DAEMON_PATH;
    std::string path = control_;
    std::array<char*, 3> arguments = {program.data(), path.data(), nullptr};
    ASSERT_EQ(posix_spawn(&daemon_, program.c_str(), nullptr, nullptr, arguments.data(), environ),
              0);
  }

  void StopDaemon() {
    if (daemon_ <= 0) return;
    kill(daemon_, SIGKILL);
    waitpid(daemon_, nullptr, 0);
    daemon_ = 0;
  }

  ShimProcess::Settings Settings(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"--connect", control_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.arguments = arguments,
            .environment = {{"WorkloadAttestor", "WorkloadAttestor"},
                            {"PLUGIN_UNIX_SOCKET_DIR", dir_ / "sockets"}}};
  }

  const TempDir dir_;
  const std::string control_ = dir_ / "control.sock";
  pid_t daemon_ = 0;
};

TEST_F(ShimConnectTest, WaitsForADaemonThatStartsLater) {
  ShimProcess shim(Settings());
  EXPECT_EQ(shim.ReadHandshake(milliseconds(300)), "");
  StartDaemon();
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("pid"), std::to_string(daemon_));
}

TEST_F(ShimConnectTest, GivesUpWhenNoDaemonComesAndSaysWhere) {
  ShimProcess shim(Settings({"--ready-timeout-ms", "300"}));
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_EQ(shim.ReadHandshake(), "");
  EXPECT_TRUE(shim.StderrHas("no daemon was ready within 300 ms; the last one: connecting to"));
  EXPECT_TRUE(shim.StderrHas("No such file or directory"));
}

TEST_F(ShimConnectTest, RefusesADaemonOfAnotherUser) {
  StartDaemon();
  ASSERT_TRUE(Eventually([&] { return access(control_.c_str(), F_OK) == 0; }));
  ShimProcess shim(Settings({"--peer-uid", std::to_string(geteuid() + 1)}));
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_EQ(shim.ReadHandshake(), "");
  EXPECT_TRUE(shim.StderrHas("must run as user " + std::to_string(geteuid() + 1) +
                             ", runs as user " + std::to_string(geteuid())));
}

TEST_F(ShimConnectTest, ServesSeveralShimsWithOneDaemon) {
  StartDaemon();
  ShimProcess first(Settings());
  ShimProcess second(Settings());
  EXPECT_EQ(Connection(first.SocketPath()).Ask("pid"), std::to_string(daemon_));
  EXPECT_EQ(Connection(second.SocketPath()).Ask("pid"), std::to_string(daemon_));
}

TEST_F(ShimConnectTest, EndsAloneAfterShutdownAndTheDaemonLivesOn) {
  StartDaemon();
  ShimProcess first(Settings());
  const Connection connection(first.SocketPath());
  ASSERT_EQ(connection.Ask("shutdown"), "ok");
  EXPECT_EQ(first.WaitForExit(milliseconds(2000)), 0);
  EXPECT_EQ(dir_.CountIn("sockets"), 0U);
  EXPECT_EQ(connection.Ask("still there"), "echo still there");
  ShimProcess second(Settings());
  EXPECT_EQ(Connection(second.SocketPath()).Ask("pid"), std::to_string(daemon_));
}

TEST_F(ShimConnectTest, ReconnectsToTheNextDaemonWithTheStateAndHeldConnections) {
  StartDaemon();
  ShimProcess shim(Settings());
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("save configuration"), "ok");
  StopDaemon();
  ASSERT_TRUE(shim.StderrHas("the daemon has closed its link"));
  const Connection waiting(shim.SocketPath());
  ASSERT_TRUE(waiting.Say("pid"));
  EXPECT_EQ(waiting.Hear(milliseconds(200)), "");
  StartDaemon();
  EXPECT_EQ(waiting.Hear(), std::to_string(daemon_));
  EXPECT_EQ(waiting.Ask("state"), "configuration");
}

TEST_F(ShimConnectTest, LetsGoOfADaemonThatIsStoppedButDoesNotKillIt) {
  StartDaemon();
  ShimProcess shim(Settings());
  ASSERT_THAT(shim.ReadHandshake(), Not(IsEmpty()));
  kill(daemon_, SIGSTOP);
  EXPECT_TRUE(shim.StderrHas("the daemon was silent for 5000 ms"));
  kill(daemon_, SIGCONT);
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("pid"), std::to_string(daemon_));
}

TEST_F(ShimConnectTest, TellsThatTheControlSocketIsForItsUserOnly) {
  StartDaemon();
  ShimProcess shim(Settings());
  ASSERT_THAT(shim.ReadHandshake(), Not(IsEmpty()));
  struct stat info {};
  ASSERT_EQ(stat(control_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace svidence::testing
