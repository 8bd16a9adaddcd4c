#include "plugin/daemon/switchboard.h"

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "plugin/shim/packet.h"
#include "plugin/shim/protocol.h"
#include "tests/support/status_matchers.h"

namespace svidence::daemon {
namespace {

using linux_os::ShimLink;
using linux_os::UniqueFd;
using std::chrono::milliseconds;
using ::svidence::testing::IsOk;

constexpr milliseconds kLong{20'000};
constexpr milliseconds kNone{0};

// A link whose shim has said hello.
std::unique_ptr<ShimLink> NewLink() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd shim(ends[0]);
  EXPECT_EQ(shim::SendPacket(shim.get(), shim::MessageType::kHello, "CredentialComposer"), 0);
  StatusOr<std::unique_ptr<ShimLink>> link = ShimLink::Open(UniqueFd(ends[1]));
  EXPECT_THAT(link, IsOk());
  return *std::move(link);
}

TEST(SwitchboardTest, HandsOverOneLinkAtATime) {
  Switchboard board;
  std::unique_ptr<ShimLink> first = NewLink();
  const ShimLink* const same = first.get();
  EXPECT_EQ(board.OfferLink(std::move(first), kNone), nullptr);
  EXPECT_NE(board.OfferLink(NewLink(), kNone), nullptr) << "one is waiting already";
  EXPECT_EQ(board.TakeLink().get(), same);
  EXPECT_NE(board.OfferLink(NewLink(), kNone), nullptr) << "one is served";
  board.LinkDone();
  EXPECT_EQ(board.OfferLink(NewLink(), kNone), nullptr);
}

TEST(SwitchboardTest, LetsANewShimWaitForTheEndOfTheOldOne) {
  Switchboard board;
  EXPECT_EQ(board.OfferLink(NewLink(), kNone), nullptr);
  const std::unique_ptr<ShimLink> served = board.TakeLink();
  std::jthread shim([&board] { EXPECT_EQ(board.OfferLink(NewLink(), kLong), nullptr); });
  board.LinkDone();
  EXPECT_NE(board.TakeLink(), nullptr);
}

TEST(SwitchboardTest, KeepsTheFirstReasonForTheEnd) {
  Switchboard board;
  EXPECT_EQ(board.OfferLink(NewLink(), kNone), nullptr);
  const std::unique_ptr<ShimLink> served = board.TakeLink();
  std::jthread host([&board] {
    board.EndLink(End::kShutdown);
    board.EndLink(End::kGone);
  });
  EXPECT_EQ(board.WaitForEnd(), End::kShutdown);
}

TEST(SwitchboardTest, DoesNotEndANewLinkForTheOldOnesReason) {
  Switchboard board;
  EXPECT_EQ(board.OfferLink(NewLink(), kNone), nullptr);
  std::unique_ptr<ShimLink> served = board.TakeLink();
  board.EndLink(End::kGone);
  EXPECT_EQ(board.WaitForEnd(), End::kGone);
  board.LinkDone();
  EXPECT_EQ(board.OfferLink(NewLink(), kNone), nullptr);
  served = board.TakeLink();
  board.EndLink(End::kShutdown);
  EXPECT_EQ(board.WaitForEnd(), End::kShutdown);
}

TEST(SwitchboardTest, EndsAllWaitsWhenTheProcessIsToEnd) {
  Switchboard board;
  std::jthread signal([&board] { board.Terminate(); });
  EXPECT_EQ(board.TakeLink(), nullptr);
  EXPECT_EQ(board.WaitForEnd(), End::kTerminate);
  EXPECT_NE(board.OfferLink(NewLink(), kLong), nullptr) << "none is taken any more";
}

}  // namespace
}  // namespace svidence::daemon
