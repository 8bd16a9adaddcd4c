#include "plugin/shim/supervisor.h"

#include <array>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/shim/packet.h"

namespace svidence::shim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Verdict = Supervisor::Verdict;

constexpr Duration kReadyTimeout = seconds(20);

// A daemon of which the test holds the other end. It dies when the test says
// so, or when it is killed.
class FakeDaemon : public Daemon {
 public:
  Result<Fd> Start() override {
    ++starts;
    if (!fail_with.text.empty()) return fail_with;
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer = Fd(ends[1]);
    dead = false;
    return Fd(ends[0]);
  }
  // Any descriptor will do: the test calls OnDeath() itself.
  int death_fd() const override { return ours && !dead ? STDERR_FILENO : -1; }
  void Kill() override { ++kills; }
  std::string Reap() override {
    dead = true;
    return "the fake is dead";
  }
  void Leave(ControlLink link) override {
    left_with_link = true;
    (void)link.SendGoodbye();
  }
  void Leave() override { left_without_link = true; }

  void Say(MessageType type, std::string_view text = {}) const {
    EXPECT_EQ(SendPacket(peer.get(), type, text), 0);
  }

  bool ours = true;
  Error fail_with;
  Fd peer;
  bool dead = false;
  int starts = 0;
  int kills = 0;
  bool left_with_link = false;
  bool left_without_link = false;
};

class SupervisorTest : public ::testing::Test {
 protected:
  void At(Duration since_start) { now_ = kBegin + since_start; }
  void Advance(Duration step) { now_ += step; }
  void Tick() { supervisor_.OnTime(now_); }
  void Hear() { supervisor_.OnControl(now_); }

  void StartAndBecomeReady() {
    Tick();
    daemon_.Say(MessageType::kReady);
    Hear();
    ASSERT_NE(supervisor_.ready_link(), nullptr);
  }
  void Die() {
    daemon_.peer.Reset();
    supervisor_.OnDeath(now_);
  }

  static constexpr Time kBegin = Time(std::chrono::hours(1));

  Fd null_{open("/dev/null", O_WRONLY | O_CLOEXEC)};
  Logger log_{null_.get()};
  FakeDaemon daemon_;
  Time now_ = kBegin;
  Supervisor supervisor_{
      {.plugin_type = "CredentialComposer", .ready_timeout = kReadyTimeout}, daemon_, log_, kBegin};
};

TEST_F(SupervisorTest, SaysHelloAndWaitsForReady) {
  Tick();
  const Received hello = ReceivePacket(daemon_.peer.get());
  EXPECT_EQ(hello.packet.type, MessageType::kHello);
  EXPECT_EQ(hello.packet.text, "CredentialComposer");
  EXPECT_EQ(hello.packet.fd, -1);
  daemon_.Say(MessageType::kHeartbeat);
  Hear();
  EXPECT_EQ(supervisor_.ready_link(), nullptr);
  daemon_.Say(MessageType::kReady);
  Hear();
  EXPECT_NE(supervisor_.ready_link(), nullptr);
}

TEST_F(SupervisorTest, GivesUpWhenNoDaemonIsReadyInTime) {
  Tick();
  At(seconds(19));
  daemon_.Say(MessageType::kHeartbeat);
  Hear();
  At(kReadyTimeout - milliseconds(1));
  Tick();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGoOn);
  EXPECT_EQ(supervisor_.NextDeadline(), kBegin + kReadyTimeout);
  At(kReadyTimeout);
  Tick();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGiveUp);
  EXPECT_THAT(supervisor_.reason(), HasSubstr("within 20000 ms"));
}

TEST_F(SupervisorTest, GivesUpAtOnceWhenTheFirstDaemonDies) {
  Tick();
  daemon_.Say(MessageType::kFailed, "no ledger");
  Hear();
  Die();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGiveUp);
  EXPECT_EQ(supervisor_.reason(), "the daemon cannot serve: no ledger; the fake is dead");
}

TEST_F(SupervisorTest, ReadsTheReasonOfADaemonWhoseDeathIsSeenFirst) {
  Tick();
  daemon_.Say(MessageType::kFailed, "no ledger");
  Die();
  EXPECT_THAT(supervisor_.reason(), HasSubstr("no ledger"));
}

TEST_F(SupervisorTest, TriesAgainWhereOnlyNobodyListensYet) {
  daemon_.fail_with = {.text = "nobody listens", .permanent = false};
  Tick();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGoOn);
  Tick();
  Advance(milliseconds(50));
  Tick();
  EXPECT_EQ(daemon_.starts, 3);
  daemon_.fail_with = {};
  Advance(milliseconds(100));
  StartAndBecomeReady();
}

TEST_F(SupervisorTest, StartsTheNextDaemonAtOnceAndGivesItTheSavedState) {
  StartAndBecomeReady();
  const Fd state(open("/dev/null", O_RDONLY | O_CLOEXEC));
  // Not a memfd: refused, the daemon lives on.
  EXPECT_EQ(SendPacket(daemon_.peer.get(), MessageType::kState, {}, state.get()), 0);
  Hear();
  EXPECT_NE(supervisor_.ready_link(), nullptr);
  Die();
  EXPECT_EQ(supervisor_.ready_link(), nullptr);
  EXPECT_EQ(supervisor_.NextDeadline(), now_);
  Tick();
  EXPECT_EQ(daemon_.starts, 2);
  EXPECT_EQ(ReceivePacket(daemon_.peer.get()).packet.fd, -1);
}

TEST_F(SupervisorTest, WaitsLongerFromRestartToRestart) {
  StartAndBecomeReady();
  for (const int wait : {0, 50, 100, 200}) {
    Die();
    EXPECT_EQ(supervisor_.NextDeadline(), now_ + milliseconds(wait));
    Advance(milliseconds(wait));
    Tick();
  }
  EXPECT_EQ(daemon_.starts, 5);
}

TEST_F(SupervisorTest, KillsADaemonThatWasSilentForFiveSecondsAndStartsNoneBeforeItsDeath) {
  StartAndBecomeReady();
  Advance(milliseconds(4999));
  Tick();
  EXPECT_EQ(daemon_.kills, 0);
  Advance(milliseconds(1));
  Tick();
  EXPECT_EQ(daemon_.kills, 1);
  EXPECT_EQ(supervisor_.ready_link(), nullptr);
  Advance(seconds(60));
  Tick();
  EXPECT_EQ(daemon_.starts, 1);
  EXPECT_EQ(daemon_.kills, 1);
  Die();
  Tick();
  EXPECT_EQ(daemon_.starts, 2);
}

TEST_F(SupervisorTest, LetsALaterDaemonTakeItsTimeToBeReadyWhileItsHeartBeats) {
  StartAndBecomeReady();
  Die();
  Tick();
  for (int i = 0; i < 60; ++i) {
    Advance(seconds(1));
    daemon_.Say(MessageType::kHeartbeat);
    Hear();
    Tick();
  }
  EXPECT_EQ(daemon_.kills, 0);
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGoOn);
}

TEST_F(SupervisorTest, KillsALaterDaemonThatNeverSaysAnything) {
  StartAndBecomeReady();
  Die();
  Tick();
  Advance(kReadyTimeout);
  Tick();
  EXPECT_EQ(daemon_.kills, 1);
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGoOn);
}

TEST_F(SupervisorTest, DoesNotCountAPauseOfItsOwn) {
  StartAndBecomeReady();
  Advance(seconds(60));
  supervisor_.Forgive(seconds(60));
  Tick();
  EXPECT_EQ(daemon_.kills, 0);
}

TEST_F(SupervisorTest, KillsADaemonThatClosedItsLinkAndDoesNotExit) {
  StartAndBecomeReady();
  daemon_.peer.Reset();
  Hear();
  Tick();
  EXPECT_EQ(daemon_.kills, 0);
  Advance(milliseconds(200));
  Tick();
  EXPECT_EQ(daemon_.kills, 1);
}

TEST_F(SupervisorTest, KillsADaemonThatSendsWhatIsNoneOfADaemon) {
  StartAndBecomeReady();
  daemon_.Say(MessageType::kGoodbye);
  Hear();
  Tick();
  EXPECT_EQ(daemon_.kills, 1);
}

TEST_F(SupervisorTest, EndsAfterShutdownAndKeepsTheLinkForTheGoodbye) {
  StartAndBecomeReady();
  daemon_.Say(MessageType::kShutdown);
  Hear();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kShutdown);
  supervisor_.Leave();
  EXPECT_TRUE(daemon_.left_with_link);
}

TEST_F(SupervisorTest, EndsAfterShutdownThoughTheDaemonDiedRightAfterIt) {
  StartAndBecomeReady();
  daemon_.Say(MessageType::kShutdown);
  Die();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kShutdown);
  supervisor_.Leave();
  EXPECT_TRUE(daemon_.left_without_link);
}

TEST_F(SupervisorTest, StartsAnotherDaemonWhenOneExitsWithoutShutdown) {
  StartAndBecomeReady();
  Die();
  Tick();
  EXPECT_EQ(supervisor_.verdict(), Verdict::kGoOn);
  EXPECT_EQ(daemon_.starts, 2);
}

TEST_F(SupervisorTest, ConnectsAnewWhenADaemonThatIsNotItsOwnIsSilent) {
  daemon_.ours = false;
  StartAndBecomeReady();
  Advance(seconds(5));
  Tick();
  EXPECT_EQ(daemon_.kills, 0);
  Tick();
  EXPECT_EQ(daemon_.starts, 2);
}

}  // namespace
}  // namespace svidence::shim
