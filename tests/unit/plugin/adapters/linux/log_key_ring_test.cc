#include "plugin/adapters/linux/log_key_ring.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/adapters/linux/files.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "tests/support/note_keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence::linux_os {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

constexpr const char* kOrigin = "example.org/svidence/log";

class LogKeyRingTest : public ::testing::Test {
 protected:
  LogKeyRing Ring() { return Ring(path_); }
  LogKeyRing Ring(const std::string& source) {
    return {hasher_, verifier_, source, std::chrono::milliseconds(1000)};
  }
  static ledger::Vkey Vkey(const ledger::PublicKey& key) { return {.name = kOrigin, .key = key}; }
  // The key that the next one becomes, in `source`.
  ledger::OwnKey Next(LogKeyRing& ring, const std::string& source = {}) {
    StatusOr<ledger::OwnKey> next = ring.OpenNext(source, kOrigin);
    EXPECT_THAT(next, IsOk());
    return *std::move(next);
  }
  bool Exists(const std::string& path) const { return access(path.c_str(), F_OK) == 0; }
  mode_t ModeOf(const std::string& path) const {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
  }

  testing::TemporaryDirectory dir_;
  std::string path_ = dir_.File("log.key");
  std::string next_path_ = path_ + LogKeyRing::kNextSuffix;
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
};

TEST_F(LogKeyRingTest, ALogThatBeginsGetsAKeyForItsOwnerAloneAndKeepsIt) {
  LogKeyRing ring = Ring();
  const StatusOr<ledger::PublicKey> key = ring.Begin();
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(ModeOf(path_), 0600U);
  EXPECT_EQ(*ring.Begin(), *key);
  EXPECT_EQ(*Ring().Find(Vkey(*key)), *key);
  const StatusOr<ledger::OwnKey> own = ring.Open(Vkey(*key));
  ASSERT_THAT(own, IsOk());
  const StatusOr<std::string> note = own->signer->SignTree(3, Digest{1});
  ASSERT_THAT(note, IsOk());
  EXPECT_THAT(ledger::OpenCheckpoint(*note, ledger::Trust(hasher_, Vkey(*key)), verifier_), IsOk());
  EXPECT_FALSE(own->signer->may_wait());
}

TEST_F(LogKeyRingTest, ALogThatHasBegunGetsNoKey) {
  const StatusOr<ledger::PublicKey> found = Ring().Find(Vkey({7}));
  EXPECT_THAT(found, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(found.status()), HasSubstr("put the key back from your backup"));
  EXPECT_THAT(Ring().Open(Vkey({7})), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_FALSE(Exists(path_));
}

TEST_F(LogKeyRingTest, AKeyThatOthersCanReadIsRefused) {
  const ledger::PublicKey key = *Ring().Begin();
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  EXPECT_THAT(Ring().Begin(), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Ring().Find(Vkey(key)), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(LogKeyRingTest, WhatIsNoKeyIsNotReplacedByOne) {
  ASSERT_THAT(CreateFileDurably(path_, "not a key", 0600), IsOk());
  EXPECT_THAT(Ring().Begin(), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(LogKeyRingTest, ANewKeyTakesThePlaceOfTheOldOneWhenItSigns) {
  LogKeyRing ring = Ring();
  const ledger::PublicKey old_key = *ring.Begin();
  const ledger::OwnKey next = Next(ring);
  EXPECT_NE(next.vkey.key, old_key);
  EXPECT_EQ(ModeOf(next_path_), 0600U);
  EXPECT_EQ(Next(ring).vkey, next.vkey) << "asked again it is the same";
  EXPECT_THAT(ring.Settle(next.vkey, ""), IsOkAndHolds(std::string()));
  EXPECT_FALSE(Exists(next_path_));
  EXPECT_EQ(*Ring().Find(next.vkey), next.vkey.key);
}

TEST_F(LogKeyRingTest, AChangeThatWasCutOffBeforeTheEntryChangesNothing) {
  LogKeyRing ring = Ring();
  const ledger::PublicKey old_key = *ring.Begin();
  Next(ring);
  EXPECT_EQ(*Ring().Find(Vkey(old_key)), old_key);
  EXPECT_TRUE(Exists(next_path_)) << "it may be the log's by an answer that was lost";
}

TEST_F(LogKeyRingTest, AChangeThatWasCutOffBehindTheEntryIsBroughtToItsEndByTheNextStart) {
  LogKeyRing ring = Ring();
  ASSERT_THAT(ring.Begin(), IsOk());
  const ledger::OwnKey next = Next(ring);
  EXPECT_EQ(*Ring().Find(next.vkey), next.vkey.key);
  EXPECT_FALSE(Exists(next_path_));
  EXPECT_EQ(*Ring().Begin(), next.vkey.key) << "it stands where the old one stood";
}

TEST_F(LogKeyRingTest, AStartWithTheOldKeyFindsTheOldKey) {
  const ledger::PublicKey old_key = *Ring().Begin();
  EXPECT_EQ(*Ring().Find(Vkey({9})), old_key) << "whoever asked sees that it is another";
}

TEST_F(LogKeyRingTest, AKeyElsewhereIsTheOperatorsToSet) {
  LogKeyRing ring = Ring();
  const ledger::PublicKey old_key = *ring.Begin();
  const std::string elsewhere = dir_.File("new.key");
  const ledger::OwnKey next = Next(ring, elsewhere);
  const StatusOr<std::string> todo = ring.Settle(next.vkey, elsewhere);
  ASSERT_THAT(todo, IsOk());
  EXPECT_THAT(*todo, HasSubstr("set log_key = \"" + elsewhere + "\" and restart"));
  EXPECT_EQ(*Ring().Find(next.vkey), old_key);
  EXPECT_EQ(*Ring(elsewhere).Find(next.vkey), next.vkey.key);
}

TEST_F(LogKeyRingTest, RefusesSourcesThatAreNone) {
  LogKeyRing ring = Ring();
  ASSERT_THAT(ring.Begin(), IsOk());
  EXPECT_THAT(ring.OpenNext("new.key", kOrigin), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ring.OpenNext(path_, kOrigin), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(ring.OpenNext("ssh-agent:nowhere", kOrigin), StatusIs(StatusCode::kInvalidArgument));
  const std::string source =
      "ssh-agent:" + dir_.File("none.sock") + "#SHA256:" + std::string(43, 'A');
  EXPECT_THAT(ring.OpenNext(source, kOrigin), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(Ring(source).OpenNext("", kOrigin), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(LogKeyRingTest, AnAgentThatIsAwayFailsSignaturesAndNoStart) {
  const ledger::PublicKey key{5};
  const std::string print = ledger::AgentKeyFingerprint(hasher_, ledger::AgentKeyBlob(key));
  LogKeyRing ring = Ring("ssh-agent:" + dir_.File("none.sock") + "#" + print);
  EXPECT_THAT(ring.Begin(), StatusIs(StatusCode::kUnavailable)) << "a new log has no other source";
  EXPECT_EQ(*ring.Find(Vkey(key)), key);
  const StatusOr<ledger::OwnKey> own = ring.Open(Vkey(key));
  ASSERT_THAT(own, IsOk());
  EXPECT_TRUE(own->signer->may_wait());
  EXPECT_THAT(own->signer->Sign("a"), StatusIs(StatusCode::kUnavailable));
  const StatusOr<ledger::PublicKey> other = ring.Find(Vkey({6}));
  EXPECT_THAT(other, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(other.status()), HasSubstr(print));
}

}  // namespace
}  // namespace svidence::linux_os
