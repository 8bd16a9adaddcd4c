#include "plugin/shim/packet.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/shim/fd.h"

namespace svidence::shim {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kHeaderBytes = sizeof(Header);

Header Of(MessageType type, std::uint32_t text_bytes = 0) {
  Header header;
  header.type = type;
  header.text_bytes = text_bytes;
  return header;
}

struct Case {
  const char* name;
  Header header;
  std::size_t size;
  std::size_t fds;
  const char* want;  // part of the problem; empty: none
};

class FindProblemTest : public ::testing::TestWithParam<Case> {};

TEST_P(FindProblemTest, NamesWhatIsWrong) {
  const Case& test = GetParam();
  const std::string problem = FindProblem(test.header, test.size, test.fds);
  EXPECT_EQ(problem.empty(), std::strlen(test.want) == 0) << problem;
  EXPECT_THAT(problem, HasSubstr(test.want));
}

INSTANTIATE_TEST_SUITE_P(
    Packets, FindProblemTest,
    ::testing::Values(
        Case{"Heartbeat", Of(MessageType::kHeartbeat), kHeaderBytes, 0, ""},
        Case{"HelloAtTheBound", Of(MessageType::kHello, kMaxText), kHeaderBytes + kMaxText, 0, ""},
        Case{"HelloWithState", Of(MessageType::kHello, 2), kHeaderBytes + 2, 1, ""},
        Case{"Connection", Of(MessageType::kConnection), kHeaderBytes, 1, ""},
        Case{"State", Of(MessageType::kState), kHeaderBytes, 1, ""},
        Case{"Short", Of(MessageType::kReady), kHeaderBytes - 1, 0, "of 12 bytes, got 11"},
        Case{"OtherMagic", Header{.magic = 1}, kHeaderBytes, 0, "does not speak the shim protocol"},
        Case{"OtherVersion", Header{.version = 9}, kHeaderBytes, 0,
             "the peer speaks version 9 of the shim protocol, this is version 1"},
        Case{"TextAboveTheBound", Of(MessageType::kFailed, kMaxText + 1),
             kHeaderBytes + kMaxText + 1, 0, "513 bytes of text, has 513, and may have 512"},
        Case{"LessTextThanSaid", Of(MessageType::kFailed, 3), kHeaderBytes + 2, 0,
             "says that it has 3 bytes of text, has 2"},
        Case{"MoreTextThanSaid", Of(MessageType::kFailed, 2), kHeaderBytes + 3, 0,
             "says that it has 2 bytes of text, has 3"},
        Case{"TextWhereNoneBelongs", Of(MessageType::kReady, 1), kHeaderBytes + 1, 0,
             "message 16 must have no text"},
        Case{"ConnectionWithoutDescriptor", Of(MessageType::kConnection), kHeaderBytes, 0,
             "message 2 came with 0 descriptors"},
        Case{"StateWithTwo", Of(MessageType::kState), kHeaderBytes, 2,
             "message 18 came with 2 descriptors"},
        Case{"ReadyWithDescriptor", Of(MessageType::kReady), kHeaderBytes, 1,
             "message 16 came with 1 descriptors"}),
    [](const auto& test) { return test.param.name; });

class PacketTest : public ::testing::Test {
 protected:
  PacketTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    here_ = Fd(ends[0]);
    there_ = Fd(ends[1]);
  }

  // How many descriptors this process has.
  static int CountFds() {
    int count = 0;
    for (int fd = 0; fd < 256; ++fd) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
  }

  Fd here_;
  Fd there_;
};

TEST_F(PacketTest, CarriesTextAndDescriptor) {
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kHello, "CredentialComposer", here_.get()), 0);
  const Received received = ReceivePacket(there_.get());
  const Fd fd(received.packet.fd);
  ASSERT_EQ(received.arrival, Arrival::kPacket) << received.problem;
  EXPECT_EQ(received.packet.type, MessageType::kHello);
  EXPECT_EQ(received.packet.text, "CredentialComposer");
  ASSERT_TRUE(fd.valid());
  EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PacketTest, CutsTextAtTheBound) {
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kFailed, std::string(kMaxText + 1, 'x')), 0);
  EXPECT_EQ(ReceivePacket(there_.get()).packet.text, std::string(kMaxText, 'x'));
}

TEST_F(PacketTest, TellsNothingFromTheEnd) {
  EXPECT_EQ(ReceivePacket(there_.get()).arrival, Arrival::kNothing);
  here_.Reset();
  EXPECT_EQ(ReceivePacket(there_.get()).arrival, Arrival::kClosed);
  EXPECT_EQ(SendPacket(there_.get(), MessageType::kReady), EPIPE);
}

TEST_F(PacketTest, ReadsTheLastWordsOfAPeerThatLeftPacketsUnread) {
  ASSERT_EQ(SendPacket(there_.get(), MessageType::kGoodbye), 0);
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kShutdown), 0);
  here_.Reset();  // with the goodbye unread: the kernel says ECONNRESET once
  EXPECT_EQ(ReceivePacket(there_.get()).packet.type, MessageType::kShutdown);
  EXPECT_EQ(ReceivePacket(there_.get()).arrival, Arrival::kClosed);
}

TEST_F(PacketTest, ClosesTheDescriptorsOfABadPacket) {
  const int before = CountFds();
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kReady, {}, here_.get()), 0);
  EXPECT_EQ(ReceivePacket(there_.get()).arrival, Arrival::kBad);
  EXPECT_EQ(CountFds(), before);
}

TEST_F(PacketTest, ClosesDescriptorsThatAreTooMany) {
  const int before = CountFds();
  Header header = Of(MessageType::kConnection);
  iovec part = {.iov_base = &header, .iov_len = sizeof header};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(5 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(5 * sizeof(int));
  const std::array<int, 5> fds = {0, 1, 2, here_.get(), there_.get()};
  std::memcpy(CMSG_DATA(rights), fds.data(), sizeof fds);
  ASSERT_GT(sendmsg(here_.get(), &message, 0), 0);
  EXPECT_EQ(ReceivePacket(there_.get()).arrival, Arrival::kBad);
  EXPECT_EQ(CountFds(), before);
}

TEST_F(PacketTest, KeepsTheLinkWhenNoDescriptorIsFree) {
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kConnection, {}, here_.get()), 0);
  ASSERT_EQ(SendPacket(here_.get(), MessageType::kGoodbye), 0);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Received received = ReceivePacket(there_.get());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(received.arrival, Arrival::kFdLost) << received.problem;
  EXPECT_EQ(received.packet.fd, -1);
  EXPECT_EQ(ReceivePacket(there_.get()).packet.type, MessageType::kGoodbye);
}

TEST_F(PacketTest, SaysWhenThePeerDoesNotRead) {
  int error = 0;
  for (int i = 0; i < 100000 && error == 0; ++i) {
    error = SendPacket(here_.get(), MessageType::kHeartbeat);
  }
  EXPECT_EQ(error, EAGAIN);
  EXPECT_TRUE(IsTransient(error));
  EXPECT_FALSE(IsTransient(EPIPE));
}

// Every one-byte change of a packet is either refused or another valid message.
TEST_F(PacketTest, NeverTakesAPacketWithAChangedHeaderForTheSame) {
  Header header = Of(MessageType::kReady);
  std::array<char, sizeof header> bytes{};
  std::memcpy(bytes.data(), &header, sizeof header);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::array<char, sizeof header> bad = bytes;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      ASSERT_GT(send(here_.get(), bad.data(), bad.size(), 0), 0);
      const Received received = ReceivePacket(there_.get());
      const bool same =
          received.arrival == Arrival::kPacket && received.packet.type == MessageType::kReady;
      EXPECT_FALSE(same) << "byte " << i << " bit " << bit;
    }
  }
}

}  // namespace
}  // namespace svidence::shim
