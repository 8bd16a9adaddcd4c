// The daemon's end of the link: ShimLink and ShimListener, with the test as the
// shim at the other end.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugin/adapters/linux/shim_link.h"
#include "plugin/adapters/linux/shim_listener.h"
#include "plugin/shim/packet.h"
#include "plugin/shim/protocol.h"
#include "tests/integration/shim_process.h"
#include "tests/support/status_matchers.h"

namespace svidence::testing {
namespace {

using linux_os::ShimHandlers;
using linux_os::ShimLink;
using linux_os::ShimListener;
using linux_os::UniqueFd;
using shim::MessageType;
using ::testing::Eq;
using ::testing::HasSubstr;

struct Pair {
  UniqueFd shim;
  UniqueFd daemon;
};

Pair MakePair() {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {.shim = UniqueFd(ends[0]), .daemon = UniqueFd(ends[1])};
}

// The next message of the daemon that is no heartbeat.
shim::Received NextMessage(int socket) {
  while (true) {
    pollfd wait = {.fd = socket, .events = POLLIN, .revents = 0};
    if (poll(&wait, 1, static_cast<int>(kPatience.count())) != 1) return {};
    shim::Received received = shim::ReceivePacket(socket);
    const bool heartbeat = received.arrival == shim::Arrival::kPacket &&
                           received.packet.type == MessageType::kHeartbeat;
    if (!heartbeat) return received;
  }
}

// How many heartbeats come within `time`.
int CountHeartbeats(int socket, milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  int count = 0;
  while (std::chrono::steady_clock::now() < end) {
    const shim::Received received = shim::ReceivePacket(socket);
    if (received.arrival == shim::Arrival::kNothing) {
      std::this_thread::sleep_for(milliseconds(5));
    } else if (received.packet.type == MessageType::kHeartbeat) {
      ++count;
    }
  }
  return count;
}

class ShimLinkTest : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<ShimLink>> Open() { return ShimLink::Open(std::move(pair_.daemon)); }

  std::unique_ptr<ShimLink> OpenWithHello() {
    EXPECT_EQ(shim::SendPacket(pair_.shim.get(), MessageType::kHello, "WorkloadAttestor"), 0);
    StatusOr<std::unique_ptr<ShimLink>> link = Open();
    EXPECT_THAT(link, IsOk());
    return *std::move(link);
  }

  // Handlers that tell the test why the link is gone.
  ShimHandlers TellGone() {
    return {.on_connection = {},
            .on_gone = [this](const Status& why) { gone_.set_value(why); },
            .alive = {}};
  }
  Status Gone() {
    std::future<Status> gone = gone_.get_future();
    return gone.wait_for(kPatience) == std::future_status::ready ? gone.get()
                                                                 : Internal("still there");
  }

  int Shim() const { return pair_.shim.get(); }

  Pair pair_ = MakePair();
  std::promise<Status> gone_;
};

TEST_F(ShimLinkTest, ReadsThePluginTypeOfHello) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  EXPECT_EQ(link->plugin_type(), "WorkloadAttestor");
  EXPECT_FALSE(link->saved_state().has_value());
}

TEST_F(ShimLinkTest, GivesBackTheStateByteForByte) {
  const std::string state("a\0b\xff\n", 5);
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->SaveState(state), IsOk());
  const shim::Received saved = NextMessage(Shim());
  ASSERT_EQ(saved.packet.type, MessageType::kState);
  const UniqueFd memory(saved.packet.fd);
  EXPECT_EQ(shim::FindStateProblem(memory.get()), "");
  // Twice, as two later daemons read it through the same open file.
  for (int i = 0; i < 2; ++i) {
    Pair next = MakePair();
    ASSERT_EQ(shim::SendPacket(next.shim.get(), MessageType::kHello, "x", memory.get()), 0);
    const StatusOr<std::unique_ptr<ShimLink>> later = ShimLink::Open(std::move(next.daemon));
    ASSERT_THAT(later, IsOk());
    EXPECT_EQ((*later)->saved_state(), state);
  }
}

TEST_F(ShimLinkTest, SavesAnEmptyState) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->SaveState(""), IsOk());
  const shim::Received saved = NextMessage(Shim());
  const UniqueFd memory(saved.packet.fd);
  Pair next = MakePair();
  ASSERT_EQ(shim::SendPacket(next.shim.get(), MessageType::kHello, "x", memory.get()), 0);
  EXPECT_EQ((*ShimLink::Open(std::move(next.daemon)))->saved_state(), "");
}

TEST_F(ShimLinkTest, RefusesAStateAboveTheBound) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  EXPECT_THAT(link->SaveState(std::string(shim::kMaxStateBytes, 'x')), IsOk());
  EXPECT_THAT(link->SaveState(std::string(shim::kMaxStateBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ShimLinkTest, RefusesASavedStateThatIsNotSealed) {
  const UniqueFd memory(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(shim::SendPacket(Shim(), MessageType::kHello, "x", memory.get()), 0);
  EXPECT_THAT(Open(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(ShimLinkTest, DoesNotWaitForHelloForEver) {
  EXPECT_THAT(Open(), StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(ShimLinkTest, SaysThatTheShimIsGoneBeforeHello) {
  pair_.shim = UniqueFd();
  EXPECT_THAT(Open(), StatusIs(StatusCode::kUnavailable));
}

TEST_F(ShimLinkTest, RefusesAnotherFirstMessage) {
  ASSERT_EQ(shim::SendPacket(Shim(), MessageType::kGoodbye), 0);
  EXPECT_THAT(Open(), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ShimLinkTest, NamesTheVersionOfAnotherShim) {
  const shim::Header header = {.version = 7, .type = MessageType::kHello};
  ASSERT_GT(send(Shim(), &header, sizeof header, 0), 0);
  const StatusOr<std::unique_ptr<ShimLink>> link = Open();
  EXPECT_THAT(link, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(link.status()), HasSubstr("version 7"));
}

TEST_F(ShimLinkTest, SendsReadyShutdownAndTheReasonOfAFailureCutToItsBound) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->SendReady(), IsOk());
  ASSERT_THAT(link->SendShutdown(), IsOk());
  ASSERT_THAT(link->SendFailed(std::string(shim::kMaxText + 1, 'x')), IsOk());
  EXPECT_EQ(NextMessage(Shim()).packet.type, MessageType::kReady);
  EXPECT_EQ(NextMessage(Shim()).packet.type, MessageType::kShutdown);
  EXPECT_EQ(NextMessage(Shim()).packet.text, std::string(shim::kMaxText, 'x'));
}

TEST_F(ShimLinkTest, SaysThatTheShimIsGoneWhenSending) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  pair_.shim = UniqueFd();
  EXPECT_THAT(link->SendReady(), StatusIs(StatusCode::kUnavailable));
}

TEST_F(ShimLinkTest, DoesNotWaitForEverForAShimThatDoesNotRead) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  Status sent = OkStatus();
  for (int i = 0; i < 100000 && sent.ok(); ++i) sent = link->SendReady();
  EXPECT_THAT(sent, StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(ShimLinkTest, DeliversConnectionsThatCanBeUsed) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  std::promise<UniqueFd> arrived;
  ASSERT_THAT(link->Start({.on_connection = [&](UniqueFd fd) { arrived.set_value(std::move(fd)); },
                           .on_gone = {},
                           .alive = {}}),
              IsOk());
  const Pair connection = MakePair();
  ASSERT_EQ(shim::SendPacket(Shim(), MessageType::kConnection, {}, connection.daemon.get()), 0);
  std::future<UniqueFd> future = arrived.get_future();
  ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
  const UniqueFd fd = future.get();
  // The shim closes its copy at this word, so it comes before the service.
  shim::Received said = shim::ReceivePacket(Shim());
  while (said.packet.type == MessageType::kHeartbeat) said = shim::ReceivePacket(Shim());
  EXPECT_EQ(said.packet.type, MessageType::kTaken);
  ASSERT_EQ(send(fd.get(), "hi", 2, 0), 2);
  std::array<char, 8> text{};
  EXPECT_EQ(recv(connection.shim.get(), text.data(), text.size(), 0), 2);
}

TEST_F(ShimLinkTest, BeatsFromItsStartEverySecond) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  EXPECT_EQ(CountHeartbeats(Shim(), milliseconds(100)), 0);
  ASSERT_THAT(link->Start(TellGone()), IsOk());
  EXPECT_GE(CountHeartbeats(Shim(), milliseconds(2500)), 2);
}

TEST_F(ShimLinkTest, WithholdsTheHeartbeatWhileTheDaemonIsNotAlive) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  std::atomic<bool> alive = false;
  ShimHandlers handlers = TellGone();
  handlers.alive = [&alive] { return alive.load(); };
  ASSERT_THAT(link->Start(std::move(handlers)), IsOk());
  EXPECT_EQ(CountHeartbeats(Shim(), milliseconds(1500)), 0);
  alive = true;
  EXPECT_GE(CountHeartbeats(Shim(), milliseconds(2500)), 1);
}

TEST_F(ShimLinkTest, IsGoneWithoutErrorAfterGoodbye) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->Start(TellGone()), IsOk());
  EXPECT_FALSE(link->gone());
  ASSERT_EQ(shim::SendPacket(Shim(), MessageType::kGoodbye), 0);
  EXPECT_THAT(Gone(), IsOk());
  EXPECT_TRUE(Eventually([&] { return link->gone(); }));
}

TEST_F(ShimLinkTest, IsGoneWithoutErrorWhenTheShimIsDead) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->Start(TellGone()), IsOk());
  pair_.shim = UniqueFd();
  EXPECT_THAT(Gone(), IsOk());
}

TEST_F(ShimLinkTest, IsGoneWithAnErrorAfterGarbageOrAMessageOfADaemon) {
  const std::unique_ptr<ShimLink> link = OpenWithHello();
  ASSERT_THAT(link->Start(TellGone()), IsOk());
  ASSERT_EQ(shim::SendPacket(Shim(), MessageType::kReady), 0);
  EXPECT_THAT(Gone(), StatusIs(StatusCode::kInvalidArgument));

  Pair other = MakePair();
  ASSERT_EQ(shim::SendPacket(other.shim.get(), MessageType::kHello, "x"), 0);
  const StatusOr<std::unique_ptr<ShimLink>> second = ShimLink::Open(std::move(other.daemon));
  ASSERT_THAT(second, IsOk());
  gone_ = {};
  ASSERT_THAT((*second)->Start(TellGone()), IsOk());
  ASSERT_EQ(send(other.shim.get(), "garbage", 7, 0), 7);
  EXPECT_THAT(Gone(), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ShimLinkTest, StartsOnlyOnceAndEndsItsThreadWithTheObject) {
  std::unique_ptr<ShimLink> link = OpenWithHello();
  bool told = false;
  ASSERT_THAT(
      link->Start(
          {.on_connection = {}, .on_gone = [&told](const Status&) { told = true; }, .alive = {}}),
      IsOk());
  EXPECT_THAT(link->Start({}), StatusIs(StatusCode::kFailedPrecondition));
  link.reset();
  EXPECT_FALSE(told);
  EXPECT_EQ(NextMessage(Shim()).arrival, shim::Arrival::kClosed);
}

TEST(TakeInheritedSocketTest, SaysThatNoShimStartedTheProgram) {
  unsetenv(shim::kShimVariable);
  EXPECT_THAT(ShimLink::TakeInheritedSocket(), StatusIs(StatusCode::kFailedPrecondition));
}

TEST(TakeInheritedSocketTest, RefusesADescriptorThatIsNotTheSocket) {
  setenv(shim::kShimVariable, "1", 1);
  const UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  dup2(null.get(), shim::kControlFd);
  EXPECT_THAT(ShimLink::TakeInheritedSocket(), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(getenv(shim::kShimVariable), nullptr);
}

class ShimListenerTest : public ::testing::Test {
 protected:
  std::unique_ptr<ShimListener> Listen(uid_t allowed_uid = geteuid()) {
    StatusOr<std::unique_ptr<ShimListener>> listener = ShimListener::Listen(path_, allowed_uid);
    EXPECT_THAT(listener, IsOk());
    const Status started = (*listener)->Start(
        {.on_shim = [this](std::unique_ptr<ShimLink> link) { link_.set_value(std::move(link)); },
         .on_refused = [this](const Status& why) { refused_.set_value(why); }});
    EXPECT_THAT(started, IsOk());
    return *std::move(listener);
  }

  UniqueFd Connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    return socket;
  }

  Status Refused() {
    std::future<Status> refused = refused_.get_future();
    return refused.wait_for(kPatience) == std::future_status::ready ? refused.get()
                                                                    : Internal("not refused");
  }

  const TempDir dir_;
  const std::string path_ = dir_ / "control.sock";
  std::promise<std::unique_ptr<ShimLink>> link_;
  std::promise<Status> refused_;
};

TEST_F(ShimListenerTest, OpensALinkForAShimThatSaysHello) {
  const std::unique_ptr<ShimListener> listener = Listen();
  const UniqueFd shim = Connect();
  ASSERT_EQ(shim::SendPacket(shim.get(), MessageType::kHello, "WorkloadAttestor"), 0);
  std::future<std::unique_ptr<ShimLink>> link = link_.get_future();
  ASSERT_EQ(link.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(link.get()->plugin_type(), "WorkloadAttestor");
}

TEST_F(ShimListenerTest, LetsOnlyItsUserIn) {
  const std::unique_ptr<ShimListener> listener = Listen(geteuid() + 1);
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const UniqueFd shim = Connect();
  EXPECT_THAT(Refused(), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(ShimListenerTest, TurnsAwayWhoSaysSomethingElse) {
  const std::unique_ptr<ShimListener> listener = Listen();
  const UniqueFd shim = Connect();
  ASSERT_EQ(send(shim.get(), "garbage", 7, 0), 7);
  EXPECT_THAT(Refused(), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ShimListenerTest, ReplacesTheSocketOfADeadDaemonAndNotThatOfALivingOne) {
  std::ofstream(path_ + ".lock").flush();
  UniqueFd dead(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  dead = UniqueFd();
  std::unique_ptr<ShimListener> listener = Listen();
  EXPECT_THAT(ShimListener::Listen(path_, geteuid()), StatusIs(StatusCode::kAlreadyExists));
  listener.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ShimListenerTest, RefusesAPathThatIsRelativeOrTooLong) {
  EXPECT_THAT(ShimListener::Listen("control.sock", 0), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ShimListener::Listen("/" + std::string(107, 'x'), 0),
              StatusIs(StatusCode::kInvalidArgument));
  // A path at the bound is tried; nobody has such a folder.
  EXPECT_THAT(ShimListener::Listen("/none/" + std::string(101, 'x'), 0),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(ShimListenerTest, LeavesAFileThatIsNoSocketAlone) {
  WriteFile(path_, "precious");
  EXPECT_THAT(ShimListener::Listen(path_, geteuid()), StatusIs(StatusCode::kUnavailable));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(ShimListenerTest, StartsOnlyOnce) {
  const std::unique_ptr<ShimListener> listener = Listen();
  EXPECT_THAT(listener->Start({}), StatusIs(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace svidence::testing
