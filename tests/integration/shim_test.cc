// svidence-shim in spawn mode, run as SPIRE runs it, with a daemon that answers
// and misbehaves as told (shim_fake_daemon.cc).
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/shim/protocol.h"
#include "tests/integration/shim_process.h"

namespace svidence::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

// What SPIRE grants a plugin after Shutdown before it kills it.
constexpr milliseconds kSpireGrace(2000);

class ShimTest : public ::testing::Test {
 protected:
  ShimTest() {
    std::filesystem::create_directory(dir_ / "sockets");
    SetMode("serve");
  }

  void SetMode(const std::string& mode) const { WriteFile(dir_ / "mode", mode); }

  ShimProcess::Settings Settings(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"--daemon", SVIDENCE_FAKE_DAEMON_PATH};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.arguments = arguments,
            .environment = {{"CredentialComposer", "CredentialComposer"},
                            {"PLUGIN_UNIX_SOCKET_DIR", dir_ / "sockets"},
                            {"FAKE_DAEMON_MODE_FILE", dir_ / "mode"}}};
  }

  // The pid of the daemon that answers on the plugin's socket.
  static pid_t DaemonPid(ShimProcess& shim) {
    return std::atoi(Connection(shim.SocketPath()).Ask("pid").c_str());
  }

  // Files and folders that the shim has made and not removed.
  std::size_t Left() const { return dir_.CountIn("sockets"); }

  const TempDir dir_;
};

TEST_F(ShimTest, PrintsOneHandshakeLineAndPassesConnectionsToTheDaemon) {
  ShimProcess shim(Settings());
  EXPECT_THAT(shim.ReadHandshake(), StartsWith("1|1|unix|" + (dir_ / "sockets") + "/svidence-"));
  EXPECT_THAT(shim.ReadHandshake(), EndsWith("/plugin.sock|grpc|"));
  EXPECT_EQ(shim.RestOfStdout(), "");  // and its end: nothing more can come
  const Connection first(shim.SocketPath());
  const Connection second(shim.SocketPath());
  EXPECT_EQ(first.Ask("hello"), "echo hello");
  EXPECT_EQ(second.Ask("type"), "CredentialComposer");
  EXPECT_EQ(first.Ask("again"), "echo again");
}

TEST_F(ShimTest, KeepsItsSocketFromOtherUsers) {
  ShimProcess shim(Settings());
  struct stat info {};
  ASSERT_EQ(stat(shim.SocketPath().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const std::string dir = std::filesystem::path(shim.SocketPath()).parent_path();
  ASSERT_EQ(stat(dir.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

TEST_F(ShimTest, ClosesItsCopyOfAPassedConnection) {
  ShimProcess shim(Settings());
  const Connection connection(shim.SocketPath());
  ASSERT_EQ(connection.Ask("hello"), "echo hello");
  kill(DaemonPid(shim), SIGKILL);
  EXPECT_TRUE(connection.EndsWithin(kPatience));
}

TEST_F(ShimTest, StartsTheDaemonWithNothingOfSpireButItsStderr) {
  ShimProcess shim(Settings());
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("process"),
            "fds, stdin /dev/null, death " + std::to_string(SIGKILL) + ", same output 1");
}

TEST_F(ShimTest, KeepsNoDescriptorThatWasLeftOpen) {
  ShimProcess shim(Settings());
  ASSERT_GT(DaemonPid(shim), 0);
  const std::string stray = "/fd/" + std::to_string(kStrayFd);
  EXPECT_FALSE(std::filesystem::is_symlink("/proc/" + std::to_string(shim.pid()) + stray));
  EXPECT_TRUE(std::filesystem::is_symlink("/proc/" + std::to_string(shim.pid()) + "/fd/2"));
}

TEST_F(ShimTest, KeepsTheDaemonsStrayOutputAwayFromSpiresHandshake) {
  ShimProcess shim(Settings());
  EXPECT_THAT(shim.ReadHandshake(), StartsWith("1|1|unix|"));
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("print"), "ok");
  EXPECT_EQ(shim.RestOfStdout(), "");
  EXPECT_TRUE(shim.StderrHas("a stray line before anything else"));
  EXPECT_TRUE(shim.StderrHas("a stray line of a library"));
}

TEST_F(ShimTest, PrintsNoHandshakeBeforeTheDaemonIsReady) {
  SetMode("never_ready");
  ShimProcess shim(Settings({"--ready-timeout-ms", "700"}));
  EXPECT_EQ(shim.ReadHandshake(), "");
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_TRUE(shim.StderrHas("no daemon was ready within 700 ms"));
  EXPECT_TRUE(shim.StderrEndsWithin(kPatience));
  EXPECT_EQ(Left(), 0U);
}

TEST_F(ShimTest, GivesTheReasonOfADaemonThatCannotServeAndExits) {
  SetMode("failed the ledger \"x\" is of another trust domain");
  ShimProcess shim(Settings());
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_EQ(shim.ReadHandshake(), "");
  EXPECT_TRUE(shim.StderrHas(R"(the ledger \"x\" is of another trust domain)"));
  EXPECT_TRUE(shim.StderrHas("exited with status 1"));
}

TEST_F(ShimTest, SaysHowADaemonEndedThatWasNeverReady) {
  SetMode("exit 7");
  ShimProcess shim(Settings());
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_TRUE(shim.StderrHas("exited with status 7"));
}

TEST_F(ShimTest, NamesTheVersionOfADaemonOfAnotherBuild) {
  SetMode("version");
  ShimProcess shim(Settings());
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_TRUE(shim.StderrHas("speaks version 2 of the shim protocol, this is version 1"));
}

TEST_F(ShimTest, NamesTheDaemonThatItCannotExecute) {
  ShimProcess::Settings settings = Settings();
  settings.arguments = {"--daemon", dir_ / "absent"};
  ShimProcess shim(settings);
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_TRUE(shim.StderrHas(dir_ / "absent: executing it (see --daemon): No such file"));
}

TEST_F(ShimTest, FindsTheDaemonOfItsPluginTypeBesideItself) {
  // A copy, as an installation has it: the folder of the program counts.
  const std::string program = dir_ / "svidence-shim";
  std::filesystem::copy_file(SVIDENCE_SHIM_PATH, program);
  std::filesystem::copy_file(SVIDENCE_FAKE_DAEMON_PATH, dir_ / "svidence-agent");
  ShimProcess::Settings settings = Settings();
  settings.program = program;
  settings.arguments = {};
  settings.environment.erase("CredentialComposer");
  settings.environment["WorkloadAttestor"] = "WorkloadAttestor";
  ShimProcess shim(settings);
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("type"), "WorkloadAttestor");
}

TEST_F(ShimTest, TellsAPersonHowToConfigureItWithoutACookie) {
  ShimProcess::Settings settings = Settings();
  settings.environment.erase("CredentialComposer");
  ShimProcess shim(settings);
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_TRUE(shim.StderrHas("plugin_cmd = \"" SVIDENCE_SHIM_PATH "\""));
}

TEST_F(ShimTest, AnswersHelpWithoutACookie) {
  ShimProcess shim({.arguments = {"--help"}, .environment = {}});
  EXPECT_EQ(shim.WaitForExit(), 0);
  EXPECT_THAT(shim.RestOfStdout(), HasSubstr("--sha256"));
}

TEST_F(ShimTest, RefusesAnUnknownOptionWithStatusTwo) {
  ShimProcess shim(Settings({"--verbose"}));
  EXPECT_EQ(shim.WaitForExit(), 2);
  EXPECT_TRUE(shim.StderrHas(R"({"@level":"error","@message":"unknown option \"--verbose\")"));
}

TEST_F(ShimTest, IgnoresTheSignalsThatReachSpiresWholeGroup) {
  ShimProcess shim(Settings());
  const pid_t daemon = DaemonPid(shim);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) {
    kill(shim.pid(), signal);
    kill(daemon, signal);
  }
  EXPECT_EQ(DaemonPid(shim), daemon);
}

TEST_F(ShimTest, ServesAConnectionMadeWithoutADaemonByTheNextOneAndHandsTheStateOver) {
  ShimProcess shim(Settings());
  const pid_t first = DaemonPid(shim);
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("state"), "(none)");
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("save old"), "ok");
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("save trust {\"half\x01life\"}\xff"), "ok");
  SetMode("exit 7");
  kill(first, SIGKILL);
  ASSERT_TRUE(shim.StderrHas("was killed by SIGKILL"));
  ASSERT_TRUE(shim.StderrHas("exited with status 7"));
  const Connection waiting(shim.SocketPath());
  ASSERT_TRUE(waiting.Say("pid"));
  EXPECT_EQ(waiting.Hear(milliseconds(300)), "");
  SetMode("serve");
  const std::string second = waiting.Hear();
  EXPECT_THAT(second, Not(IsEmpty()));
  EXPECT_NE(second, std::to_string(first));
  EXPECT_EQ(waiting.Ask("state"), "trust {\"half\x01life\"}\xff");
}

TEST_F(ShimTest, HandsTheSameStateToEveryLaterDaemon) {
  ShimProcess shim(Settings());
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("save configuration"), "ok");
  for (int i = 0; i < 3; ++i) {
    const pid_t before = DaemonPid(shim);
    kill(before, SIGKILL);
    ASSERT_TRUE(Eventually([&] { return DaemonPid(shim) != before && DaemonPid(shim) > 0; }));
    EXPECT_EQ(Connection(shim.SocketPath()).Ask("state"), "configuration") << "restart " << i;
  }
}

TEST_F(ShimTest, KeepsAStateOfTheLargestSizeAndNoneThatIsLargerOrCanChange) {
  ShimProcess shim(Settings());
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("save big"), "ok");
  for (const char* const bad : {"save oversized", "save unsealed", "save pipe"}) {
    EXPECT_EQ(Connection(shim.SocketPath()).Ask(bad), "ok");
  }
  EXPECT_TRUE(shim.StderrHas("must have at most 4194304 bytes, has 4194305"));
  EXPECT_TRUE(shim.StderrHas("the saved state must be sealed"));
  EXPECT_TRUE(shim.StderrHas("the saved state must be a memfd"));
  const pid_t before = DaemonPid(shim);
  kill(before, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return DaemonPid(shim) != before && DaemonPid(shim) > 0; }));
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("state size"), std::to_string(shim::kMaxStateBytes));
}

TEST_F(ShimTest, ReplacesADaemonThatIsStopped) {
  ShimProcess shim(Settings());
  const pid_t stopped = DaemonPid(shim);
  kill(stopped, SIGSTOP);
  const Connection lost(shim.SocketPath());  // passed to the stopped one, or held
  EXPECT_TRUE(shim.StderrHas("the daemon was silent for 5000 ms"));
  EXPECT_TRUE(shim.StderrHas("was killed by SIGKILL"));
  EXPECT_TRUE(Eventually([&] { return DaemonPid(shim) != stopped && DaemonPid(shim) > 0; }));
}

TEST_F(ShimTest, PassesAConnectionThatNeverArrivedToTheNextDaemon) {
  ShimProcess shim(Settings());
  const pid_t first = DaemonPid(shim);
  kill(first, SIGSTOP);
  const Connection connection(shim.SocketPath());
  // Long enough to be on its way, short enough for the heartbeat.
  std::this_thread::sleep_for(milliseconds(300));
  kill(first, SIGKILL);
  const std::string second = connection.Ask("pid");
  EXPECT_NE(second, "");
  EXPECT_NE(second, std::to_string(first));
}

TEST_F(ShimTest, ReplacesADaemonThatWithholdsItsHeartbeat) {
  ShimProcess shim(Settings());
  const pid_t mute = DaemonPid(shim);
  ASSERT_EQ(Connection(shim.SocketPath()).Ask("mute"), "ok");
  EXPECT_TRUE(shim.StderrHas("the daemon was silent for 5000 ms"));
  EXPECT_TRUE(Eventually([&] { return DaemonPid(shim) != mute && DaemonPid(shim) > 0; }));
}

TEST_F(ShimTest, DoesNotTakeItsOwnPauseForTheDaemonsSilence) {
  ShimProcess shim(Settings());
  const pid_t daemon = DaemonPid(shim);
  kill(shim.pid(), SIGSTOP);
  kill(daemon, SIGSTOP);
  std::this_thread::sleep_for(milliseconds(shim::kHeartbeatTimeoutMillis + 1500));
  kill(shim.pid(), SIGCONT);  // first, so that it finds the daemon silent
  std::this_thread::sleep_for(milliseconds(200));
  kill(daemon, SIGCONT);
  EXPECT_EQ(DaemonPid(shim), daemon);
  EXPECT_THAT(shim.Stderr(), Not(HasSubstr("silent")));
}

TEST_F(ShimTest, ReplacesADaemonThatSpeaksGarbage) {
  ShimProcess shim(Settings());
  const pid_t before = DaemonPid(shim);
  const Connection connection(shim.SocketPath());
  ASSERT_TRUE(connection.Say("garbage"));  // it may be dead before it can answer
  EXPECT_TRUE(shim.StderrHas("a packet must hold a header of 12 bytes, got 7"));
  EXPECT_TRUE(Eventually([&] { return DaemonPid(shim) != before && DaemonPid(shim) > 0; }));
}

TEST_F(ShimTest, HoldsConnectionsUpToItsBoundForTenSecondsAndThenClosesThem) {
  ShimProcess shim(Settings());
  const pid_t first = DaemonPid(shim);
  SetMode("exit 7");
  kill(first, SIGKILL);
  ASSERT_TRUE(shim.StderrHas("exited with status 7"));
  const Clock::time_point begin = Clock::now();
  std::vector<std::unique_ptr<Connection>> held;
  for (std::size_t i = 0; i < shim::kMaxHeldConnections; ++i) {
    held.push_back(std::make_unique<Connection>(shim.SocketPath()));
    ASSERT_TRUE(held.back()->connected());
  }
  const Connection one_more(shim.SocketPath());
  EXPECT_TRUE(one_more.EndsWithin(milliseconds(5000)));
  EXPECT_FALSE(held.front()->EndsWithin(milliseconds(0)));
  EXPECT_FALSE(held.back()->EndsWithin(milliseconds(0)));
  EXPECT_TRUE(held.front()->EndsWithin(kPatience));
  EXPECT_GE(Clock::now() - begin, milliseconds(shim::kHoldConnectionMillis));
  EXPECT_TRUE(held.back()->EndsWithin(kPatience));
  EXPECT_TRUE(shim.StderrHas("no daemon took it within 10000 ms"));
  SetMode("serve");
  EXPECT_TRUE(Eventually([&] { return DaemonPid(shim) > 0; }));
}

TEST_F(ShimTest, EndsWithItsDaemonAndLeavesNothingAfterShutdown) {
  ShimProcess shim(Settings());
  const Connection connection(shim.SocketPath());
  ASSERT_EQ(connection.Ask("shutdown"), "ok");
  EXPECT_EQ(shim.WaitForExit(kSpireGrace), 0);
  EXPECT_TRUE(shim.StderrEndsWithin(kPatience));
  EXPECT_EQ(Left(), 0U);
  EXPECT_THAT(shim.Stderr(), Not(HasSubstr("\"error\"")));
  EXPECT_THAT(shim.Stderr(), Not(HasSubstr("\"warn\"")));
}

TEST_F(ShimTest, EndsInTimeAfterShutdownThoughTheDaemonIsStopped) {
  ShimProcess shim(Settings());
  const Connection connection(shim.SocketPath());
  ASSERT_TRUE(connection.Say("shutdown and stop"));
  EXPECT_EQ(shim.WaitForExit(kSpireGrace), 0);
  EXPECT_TRUE(shim.StderrEndsWithin(kPatience));
  EXPECT_EQ(Left(), 0U);
}

TEST_F(ShimTest, LeavesNoDaemonBehindWhenItIsKilled) {
  ShimProcess shim(Settings());
  const pid_t daemon = DaemonPid(shim);
  kill(shim.pid(), SIGKILL);
  EXPECT_EQ(shim.WaitForExit(), -SIGKILL);
  EXPECT_TRUE(shim.StderrEndsWithin(kPatience));
  EXPECT_TRUE(Eventually([&] { return kill(daemon, 0) != 0; }));
}

TEST_F(ShimTest, EndsWithItsDaemonWhenSpireDies) {
  ShimProcess::Settings settings = Settings();
  settings.with_parent = true;
  ShimProcess shim(settings);
  ASSERT_GT(DaemonPid(shim), 0);
  kill(shim.parent(), SIGKILL);
  EXPECT_TRUE(shim.StderrEndsWithin(kSpireGrace));
  EXPECT_TRUE(Eventually([&] { return Left() == 0; }));
}

TEST_F(ShimTest, EndsWhenSpireDiesWhileItIsStopped) {
  ShimProcess::Settings settings = Settings();
  settings.with_parent = true;
  ShimProcess shim(settings);
  ASSERT_GT(DaemonPid(shim), 0);
  kill(shim.pid(), SIGSTOP);
  kill(shim.parent(), SIGKILL);
  EXPECT_TRUE(shim.StderrEndsWithin(kSpireGrace));
  EXPECT_TRUE(Eventually([&] { return Left() == 0; }));
}

TEST_F(ShimTest, PassesOverAFolderThatIsNotThere) {
  ShimProcess::Settings settings = Settings();
  settings.environment["PLUGIN_UNIX_SOCKET_DIR"] = dir_ / "absent";
  settings.environment["RUNTIME_DIRECTORY"] = (dir_ / "sockets") + ":/another";
  ShimProcess shim(settings);
  // The first is passed over; of several runtime directories the first counts.
  EXPECT_THAT(shim.SocketPath(), StartsWith((dir_ / "sockets") + "/svidence-"));
}

// The digest, by a program that shares no code with the shim.
std::string Sha256Of(const std::string& path) {
  std::string hex(64, ' ');
  const std::string command = "sha256sum '" + path + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
  if (fread(hex.data(), 1, hex.size(), output.get()) != hex.size()) return "";
  return hex;
}

class ShimSha256Test : public ShimTest {
 protected:
  ShimSha256Test() {
    std::filesystem::copy_file(SVIDENCE_FAKE_DAEMON_PATH, daemon_path_);
    digest_ = Sha256Of(daemon_path_);
  }

  ShimProcess::Settings WithDigest(const std::string& digest) const {
    ShimProcess::Settings settings = Settings();
    settings.arguments = {"--daemon", daemon_path_, "--sha256=" + digest};
    return settings;
  }

  const std::string daemon_path_ = dir_ / "daemon";
  std::string digest_;
};

TEST_F(ShimSha256Test, RunsTheDaemonWithTheDigest) {
  ShimProcess shim(WithDigest(digest_));
  EXPECT_EQ(Connection(shim.SocketPath()).Ask("process"),
            "fds, stdin /dev/null, death " + std::to_string(SIGKILL) + ", same output 1");
}

TEST_F(ShimSha256Test, RefusesADaemonWithAnotherDigestAndNamesBoth) {
  const std::string other(64, 'a');
  ShimProcess shim(WithDigest(other));
  EXPECT_EQ(shim.WaitForExit(), 1);
  EXPECT_EQ(shim.ReadHandshake(), "");
  EXPECT_TRUE(shim.StderrHas("has SHA-256 " + digest_ + ", --sha256 asks for " + other));
}

TEST_F(ShimSha256Test, ChecksTheDigestAgainAtEveryRestart) {
  ShimProcess shim(WithDigest(digest_));
  const pid_t first = DaemonPid(shim);
  std::filesystem::copy_file(daemon_path_, dir_ / "changed");
  std::ofstream(dir_ / "changed", std::ios::app) << "x";
  std::filesystem::rename(daemon_path_, dir_ / "genuine");
  std::filesystem::rename(dir_ / "changed", daemon_path_);
  kill(first, SIGKILL);
  EXPECT_TRUE(shim.StderrHas(", --sha256 asks for " + digest_));
  const Connection waiting(shim.SocketPath());
  ASSERT_TRUE(waiting.Say("pid"));
  EXPECT_EQ(waiting.Hear(milliseconds(500)), "");
  std::filesystem::rename(dir_ / "genuine", daemon_path_);
  EXPECT_THAT(waiting.Hear(), Not(IsEmpty()));
}

// VmRSS of a process in KiB.
long ResidentKib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atol(line.c_str() + 6);
  }
  return -1;
}

TEST_F(ShimTest, StaysBelowTwoMegabytes) {
  const Clock::time_point begin = Clock::now();
  ShimProcess shim(Settings());
  // The socket is the shim's last own step before it starts the daemon.
  while (Left() < 2 && Clock::now() - begin < kPatience) std::this_thread::yield();
  const auto own = Clock::now() - begin;
  ASSERT_THAT(shim.ReadHandshake(), Not(IsEmpty()));
  const auto handshake = Clock::now() - begin;
  for (int i = 0; i < 20; ++i) {
    const pid_t before = DaemonPid(shim);
    if (i % 10 == 0) kill(before, SIGKILL);
  }
  ASSERT_TRUE(Eventually([&] { return DaemonPid(shim) > 0; }));
  const long kib = ResidentKib(shim.pid());
  std::cout << "shim: RSS " << kib << " KiB; fork to listening "
            << std::chrono::duration<double, std::milli>(own).count() << " ms, to handshake "
            << std::chrono::duration<double, std::milli>(handshake).count() << " ms\n";
  EXPECT_GT(kib, 0);
  EXPECT_LT(kib, 2048);
}

}  // namespace
}  // namespace svidence::testing
