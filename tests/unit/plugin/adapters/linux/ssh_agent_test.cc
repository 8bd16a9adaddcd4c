#include "plugin/adapters/linux/ssh_agent.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include "attestors/base/encoding.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/fake_ssh_agent.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using std::chrono::milliseconds;
using ::svidence::testing::FakeSshAgent;
using ::svidence::testing::IsOk;
using ::svidence::testing::NoteKey;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr const char* kOrigin = "example.org/svidence/log";
constexpr milliseconds kPatient{10000};

std::string Framed(const std::string& content) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(content.size() >> static_cast<unsigned>(shift));
  }
  return out + content;
}

// What `command` prints. Empty if it cannot be run.
std::string Run(const std::string& command) {
  std::string printed;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return printed;
  std::array<char, 512> block{};
  while (fgets(block.data(), block.size(), pipe) != nullptr) printed += block.data();
  return pclose(pipe) == 0 ? printed : std::string();
}

// OpenSSH's own agent with one key.
class RealAgent {
 public:
  explicit RealAgent(const testing::TemporaryDirectory& dir, const std::string& type = "ed25519")
      : socket_(dir.File("real.sock")), key_(dir.File("id_" + type)) {
    Start();
    Run("ssh-keygen -q -t " + type + " -N '' -C log -f " + key_);
    Add();
  }
  ~RealAgent() { Stop(); }
  RealAgent(const RealAgent&) = delete;
  RealAgent& operator=(const RealAgent&) = delete;

  void Start() {
    const std::string printed = Run("ssh-agent -s -a " + socket_);
    const std::size_t at = printed.find("SSH_AGENT_PID=");
    if (at != std::string::npos) pid_ = std::atoi(printed.c_str() + at + 14);
  }
  void Stop() {
    if (pid_ > 0) kill(pid_, SIGTERM);
    while (pid_ > 0 && kill(pid_, 0) == 0) usleep(1000);
    pid_ = 0;
    unlink(socket_.c_str());
  }
  void Add() { Run("SSH_AUTH_SOCK=" + socket_ + " ssh-add -q " + key_ + " 2>&1"); }
  void RemoveKeys() { Run("SSH_AUTH_SOCK=" + socket_ + " ssh-add -qD 2>&1"); }

  bool runs() const { return pid_ > 0; }
  const std::string& socket() const { return socket_; }
  ledger::AgentKeyName name() const {
    const std::string printed = Run("ssh-keygen -l -f " + key_ + ".pub");
    const std::size_t at = printed.find("SHA256:");
    return {.socket = socket_, .fingerprint = printed.substr(at, printed.find(' ', at) - at)};
  }

 private:
  std::string socket_;
  std::string key_;
  pid_t pid_ = 0;
};

class SshAgentTest : public ::testing::Test {
 protected:
  SshAgentSigner Signer(const std::string& socket, const ledger::Vkey& vkey,
                        milliseconds timeout = kPatient) const {
    return {hasher_, verifier_, socket, timeout, vkey};
  }
  // A signer whose agent, a fake one, holds log_'s key.
  SshAgentSigner FakeSigner(milliseconds timeout = kPatient) const {
    return Signer(dir_.File("fake.sock"), log_.vkey(), timeout);
  }
  // The answer to a question to sign `message` with log_'s key.
  std::string Signed(const std::string& message) const {
    const std::string signature(TextOf(*log_.signer().Sign(message)));
    const std::string blob = Framed("ssh-ed25519") + Framed(signature);
    return Framed('\x0e' + Framed(blob));
  }

  testing::TemporaryDirectory dir_;
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  NoteKey log_{hasher_, 1, kOrigin};
};

TEST_F(SshAgentTest, AKeyInOpenSshsAgentSignsCheckpointsThatVerify) {
  const RealAgent agent(dir_);
  ASSERT_TRUE(agent.runs()) << "openssh-client is missing: script/setup";
  const StatusOr<ledger::PublicKey> key = FindAgentKey(hasher_, agent.name(), kPatient);
  ASSERT_THAT(key, IsOk());
  const ledger::Vkey vkey{.name = kOrigin, .key = *key};
  const SshAgentSigner signer = Signer(agent.socket(), vkey);
  EXPECT_TRUE(signer.may_wait());
  const Digest root{7};
  const StatusOr<std::string> note = signer.SignTree(3, root);
  ASSERT_THAT(note, IsOk());
  EXPECT_THAT(ledger::OpenCheckpoint(*note, ledger::Trust(hasher_, vkey), verifier_), IsOk());
  EXPECT_EQ(*signer.SignTree(3, root), *note) << "the same tree gives the same bytes";
}

TEST_F(SshAgentTest, AnAgentThatWasStartedAnewIsFoundAgain) {
  RealAgent agent(dir_);
  ASSERT_TRUE(agent.runs());
  const StatusOr<ledger::PublicKey> key = FindAgentKey(hasher_, agent.name(), kPatient);
  ASSERT_THAT(key, IsOk());
  const SshAgentSigner signer = Signer(agent.socket(), {.name = kOrigin, .key = *key});
  ASSERT_THAT(signer.Sign("one"), IsOk());
  agent.Stop();
  EXPECT_THAT(signer.Sign("two"), StatusIs(StatusCode::kUnavailable));
  agent.Start();
  EXPECT_THAT(signer.Sign("three"), StatusIs(StatusCode::kFailedPrecondition))
      << "it is locked out";
  agent.Add();
  EXPECT_THAT(signer.Sign("four"), IsOk());
  agent.RemoveKeys();
  EXPECT_THAT(signer.Sign("five"), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SshAgentTest, SaysWhatIsWrongWithAKeyThatIsNotThereOrOfAnotherKind) {
  const RealAgent agent(dir_, "ecdsa");
  ASSERT_TRUE(agent.runs());
  const StatusOr<ledger::PublicKey> ecdsa = FindAgentKey(hasher_, agent.name(), kPatient);
  EXPECT_THAT(ecdsa, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(ecdsa.status()), HasSubstr("must be of the type ssh-ed25519"));
  const StatusOr<ledger::PublicKey> none = FindAgentKey(
      hasher_,
      {.socket = agent.socket(),
       .fingerprint = ledger::AgentKeyFingerprint(hasher_, ledger::AgentKeyBlob(log_.vkey().key))},
      kPatient);
  EXPECT_THAT(none, StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Message(none.status()), HasSubstr("ssh-add"));
  EXPECT_THAT(
      FindAgentKey(hasher_, {.socket = dir_.File("none.sock"), .fingerprint = "x"}, kPatient),
      StatusIs(StatusCode::kUnavailable));
}

TEST_F(SshAgentTest, ASignatureOfAnotherKeyOrTextNeverLeaves) {
  const FakeSshAgent agent(dir_.File("fake.sock"),
                           [this](const std::string&) { return Signed("another text"); });
  const SshAgentSigner signer = FakeSigner();
  EXPECT_THAT(signer.Sign("another text"), IsOk());
  EXPECT_THAT(signer.Sign("this text"), StatusIs(StatusCode::kUnavailable));
}

TEST_F(SshAgentTest, AnAgentThatHangsIsWaitedForOnceAndThenLeftAloneForAWhile) {
  const FakeSshAgent agent(dir_.File("fake.sock"), [](const std::string&) { return ""; });
  const SshAgentSigner signer = FakeSigner(milliseconds(50));
  const StatusOr<ledger::Signature> hung = signer.Sign("a");
  EXPECT_THAT(hung, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(hung.status()), HasSubstr("must answer within 50 ms"));
  const StatusOr<ledger::Signature> next = signer.Sign("b");
  EXPECT_THAT(next, StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Message(next.status()), HasSubstr("asked again soon"));
  EXPECT_EQ(agent.questions(), 1);
}

TEST_F(SshAgentTest, AHalfAnswerIsWaitedForNoLongerThanNone) {
  const FakeSshAgent agent(dir_.File("fake.sock"), [this](const std::string&) {
    const std::string whole = Signed("a");
    return whole.substr(0, whole.size() - 1);
  });
  EXPECT_THAT(FakeSigner(milliseconds(50)).Sign("a"), StatusIs(StatusCode::kUnavailable));
}

TEST_F(SshAgentTest, ALateAnswerIsNotTakenForTheNextOne) {
  std::atomic<int> asked = 0;
  const FakeSshAgent agent(dir_.File("fake.sock"), [&](const std::string&) {
    ++asked;
    // The first answer is garbage with the second one's answer behind it.
    return asked == 1 ? Framed("\x63") + Signed("b") : Signed("b");
  });
  const SshAgentSigner signer = FakeSigner();
  EXPECT_THAT(signer.Sign("a"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(signer.Sign("b"), IsOk());
}

TEST_F(SshAgentTest, RefusesAnswersThatAreTooLongOrNone) {
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff", 4), std::string(4, '\0'),
                                   std::string("HTTP/1.1 400 Bad Request\r\n\r\n")}) {
    const FakeSshAgent agent(dir_.File("fake.sock"), [&](const std::string&) { return bytes; });
    EXPECT_THAT(FakeSigner().Sign("a"), StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(SshAgentTest, AConnectionThatIsClosedWithoutAnAnswerIsMadeAnewOnce) {
  std::atomic<int> asked = 0;
  const FakeSshAgent agent(dir_.File("fake.sock"),
                           [&](const std::string&) -> std::optional<std::string> {
                             ++asked;
                             if (asked == 2) return std::nullopt;
                             return Signed("a");
                           });
  const SshAgentSigner signer = FakeSigner();
  EXPECT_THAT(signer.Sign("a"), IsOk());
  EXPECT_THAT(signer.Sign("a"), IsOk());
  EXPECT_EQ(agent.connections(), 2);
}

}  // namespace
}  // namespace svidence::linux_os
