#include "plugin/core/ledger/note/ssh_agent_message.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/status_matchers.h"

namespace svidence::ledger {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;

std::string Number(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
std::string Text(const std::string& bytes) {
  return Number(static_cast<std::uint32_t>(bytes.size())) + bytes;
}
std::string Blob(const std::string& name, const std::string& bytes) {
  return Text(name) + Text(bytes);
}
std::string Keys(const std::vector<std::string>& blobs) {
  std::string answer = '\x0c' + Number(static_cast<std::uint32_t>(blobs.size()));
  for (const std::string& blob : blobs) answer += Text(blob) + Text("a comment");
  return answer;
}

class SshAgentMessageTest : public ::testing::Test {
 protected:
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  PublicKey key_ = [] {
    PublicKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    return key;
  }();
};

// Source: `ssh-keygen -lf` of OpenSSH 9.2 over
// "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f".
TEST_F(SshAgentMessageTest, WritesAndNamesAKeyAsOpenSshDoes) {
  const std::string blob = AgentKeyBlob(key_);
  EXPECT_EQ(Base64Encode(BytesOf(blob)),
            "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f");
  EXPECT_EQ(AgentKeyFingerprint(hasher_, blob),
            "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA");
  EXPECT_EQ(Ed25519OfBlob(blob), key_);
}

TEST_F(SshAgentMessageTest, AsksInTheBytesOfTheProtocol) {
  EXPECT_EQ(AgentKeysQuestion(), Number(1) + '\x0b');
  const std::string content = '\x0d' + Text(AgentKeyBlob(key_)) + Text("a note\n") + Number(0);
  EXPECT_EQ(*AgentSignQuestion(key_, "a note\n"), Text(content));
}

TEST_F(SshAgentMessageTest, AsksNoMoreThanAnAgentTakes) {
  const std::size_t around = AgentSignQuestion(key_, "")->size() - kAgentLengthBytes;
  EXPECT_THAT(AgentSignQuestion(key_, std::string(kMaxAgentMessageBytes - around, 'x')), IsOk());
  EXPECT_THAT(AgentSignQuestion(key_, std::string(kMaxAgentMessageBytes - around + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(SshAgentMessageTest, ReadsOnlyLengthsWithinTheBound) {
  EXPECT_EQ(*AgentMessageLength(Number(1)), 1U);
  EXPECT_EQ(*AgentMessageLength(Number(kMaxAgentMessageBytes)), kMaxAgentMessageBytes);
  for (const std::string& four : {Number(0), Number(kMaxAgentMessageBytes + 1), Number(0xffffffffU),
                                  std::string(3, '\1'), std::string()}) {
    EXPECT_THAT(AgentMessageLength(four), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(SshAgentMessageTest, ReadsTheKeysThatAreListed) {
  const std::string ours = AgentKeyBlob(key_);
  const std::string other = Blob("ssh-rsa", "whatever");
  const StatusOr<std::vector<std::string>> blobs = ParseAgentKeys(Keys({other, ours}));
  ASSERT_THAT(blobs, IsOk());
  EXPECT_THAT(*blobs, ElementsAre(other, ours));
  EXPECT_THAT(*ParseAgentKeys(Keys({})), ElementsAre());
}

TEST_F(SshAgentMessageTest, RefusesListsOfAnotherForm) {
  const std::string good = Keys({AgentKeyBlob(key_)});
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(ParseAgentKeys(good.substr(0, length)).ok()) << length;
  }
  EXPECT_THAT(ParseAgentKeys(good + 'x'), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseAgentKeys("\x0e" + good.substr(1)), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseAgentKeys("\x05"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(ParseAgentKeys(Keys(std::vector<std::string>(kMaxAgentKeys))), IsOk());
  EXPECT_THAT(ParseAgentKeys(Keys(std::vector<std::string>(kMaxAgentKeys + 1))),
              StatusIs(StatusCode::kResourceExhausted));
  EXPECT_FALSE(ParseAgentKeys('\x0c' + Number(1) + Number(0xffffffffU) + "x").ok());
}

TEST_F(SshAgentMessageTest, TakesNoOtherKeyForAnEd25519One) {
  const std::string bytes(32, 'k');
  for (const std::string& blob :
       {std::string(), Blob("ssh-rsa", bytes),
        Blob("sk-ssh-ed25519@openssh.com", bytes) + Text("ssh:"),
        Blob("ssh-ed25519", bytes.substr(1)), Blob("ssh-ed25519", bytes + 'k'),
        Blob("ssh-ed25519", bytes) + 'x', Text("ssh-ed25519")}) {
    EXPECT_FALSE(Ed25519OfBlob(blob)) << Base64Encode(BytesOf(blob));
  }
}

TEST_F(SshAgentMessageTest, ReadsASignatureAndNothingElse) {
  const std::string bytes(64, 's');
  const std::string good = '\x0e' + Text(Blob("ssh-ed25519", bytes));
  const StatusOr<Signature> signature = ParseAgentSignature(good);
  ASSERT_THAT(signature, IsOk());
  EXPECT_EQ(TextOf(*signature), bytes);
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(ParseAgentSignature(good.substr(0, length)).ok()) << length;
  }
  for (const std::string& bad :
       {good + 'x', '\x0e' + Text(Blob("ssh-ed25519", bytes + 's')),
        '\x0e' + Text(Blob("ssh-ed25519", bytes.substr(1))),
        '\x0e' + Text(Blob("sk-ssh-ed25519@openssh.com", bytes) + "\x05" + Number(7)),
        '\x0c' + Text(Blob("ssh-ed25519", bytes))}) {
    EXPECT_THAT(ParseAgentSignature(bad), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(ParseAgentSignature("\x05"), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SshAgentMessageTest, ReadsTheNameOfAKey) {
  const std::string print = AgentKeyFingerprint(hasher_, AgentKeyBlob(key_));
  const StatusOr<AgentKeyName> name = ParseAgentKeyName("ssh-agent:/run/a#b/agent.sock#" + print);
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->socket, "/run/a#b/agent.sock");
  EXPECT_EQ(name->fingerprint, print);
  const std::string socket = "ssh-agent:/run/agent.sock#";
  for (const std::string& bad :
       {std::string(), std::string("/run/agent.sock#") + print,
        std::string("ssh-agent:/run/agent.sock"), "ssh-agent:#" + print,
        "ssh-agent:run/agent.sock#" + print, socket, socket + "MD5:00",
        socket + print.substr(0, print.size() - 1), socket + print + "=", socket + print + "A",
        "ssh-agent:/" + std::string(107, 'x') + '#' + print, "ssh-agent:/a\n#" + print,
        "SSH-AGENT:/run/agent.sock#" + print}) {
    EXPECT_THAT(ParseAgentKeyName(bad), StatusIs(StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace svidence::ledger
