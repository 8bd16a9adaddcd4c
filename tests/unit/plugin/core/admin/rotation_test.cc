#include "plugin/core/admin/rotation.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/verify.h"
#include "tests/support/admin_harness.h"
#include "tests/support/fake_key_ring.h"
#include "tests/support/fake_random.h"
#include "tests/support/key_changes.h"
#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using ::svidence::testing::Admin;
using ::svidence::testing::FailingNoteSigner;
using ::svidence::testing::FakeKeyRing;
using ::svidence::testing::FakeLedgerStore;
using ::svidence::testing::IsOk;
using ::svidence::testing::KeyChanges;
using ::svidence::testing::Reader;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

// A server whose log is signed: with keys 1 and, after a change, 2.
class RotateKeyTest : public ::testing::Test {
 protected:
  RotateKeyTest() { Start(1); }

  // As a start with the key `seed`, which must be the log's.
  void Start(std::uint8_t seed) {
    committer_.reset();
    signer_.reset();
    registry::Registry registry;
    StatusOr<ledger::OpenedLedger> opened = ledger::OpenLedger(
        {harness_.store, harness_.marks, hasher_, harness_.clock, random_, &verifier_},
        {.trust_domain = "example.org", .by = "server:a", .log_key = keys_.Key(seed).vkey().key},
        registry);
    start_ = opened.status();
    if (!opened.ok()) return;
    signer_ =
        std::make_unique<ledger::LogSigner>(hasher_, verifier_, opened->keys, keys_.Own(seed));
    committer_ = std::make_unique<ledger::Committer>(
        ledger::Committer::Ports{harness_.store, hasher_, harness_.clock, *signer_, &*signer_},
        std::move(opened->start));
  }
  StatusOr<Rotated> Rotate(const KeyRotation& rotation, const Caller& caller = Admin()) {
    LocalBackend backend({.store = harness_.store,
                          .committer = *committer_,
                          .marks = harness_.marks,
                          .registry = harness_.registry,
                          .revocations = *harness_.revocations,
                          .directory = harness_.sponsors,
                          .hasher = hasher_,
                          .clock = harness_.clock,
                          .signer = signer_.get(),
                          .keys = &ring_,
                          .verifier = &verifier_},
                         harness_.settings);
    return backend.RotateKey(caller, rotation);
  }
  std::size_t Size() const { return harness_.store.All().size(); }
  bool SignedBy(const std::string& note, std::uint8_t seed) const {
    return ledger::OpenCheckpoint(note, keys_.Key(seed).trusted(), verifier_).ok();
  }

  // A log of its own, whose entries are hashed in earnest.
  struct Harness : svidence::testing::AdminHarness {
    Harness() {
      revocations.reset();
      appender.reset();
      committer.reset();
      store.Tamper([](std::vector<ledger::StoredEntry>& stored) { stored.clear(); });
      committer = std::make_unique<ledger::Committer>(
          ledger::Committer::Ports{other, hasher, clock, registry, nullptr},
          ledger::ChainWriter::Start{.head = {},
                                     .subjects = std::make_unique<ledger::SubjectIndex>(hasher)});
      appender = std::make_unique<revocation::CommitterLedger>(*committer);
      revocations = *revocation::Revocations::Open({*appender, registry, entries, spool, clock},
                                                   {.trust_domain = "example.org"});
    }
    FakeLedgerStore other;
    ~Harness() {
      revocations.reset();
      appender.reset();
      committer.reset();
    }
  };

  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  openssl::OpenSslEd25519Verifier verifier_;
  // Its first log is the one that the keys are named for.
  svidence::testing::FakeRandom random_;
  KeyChanges keys_{hasher_};
  FakeKeyRing ring_{keys_};
  Harness harness_;
  std::unique_ptr<ledger::LogSigner> signer_;
  std::unique_ptr<ledger::Committer> committer_;
  Status start_;
};

TEST_F(RotateKeyTest, BothKeysSignTheChangeAndTheNewOneGoesOn) {
  ASSERT_THAT(start_, IsOk());
  const StatusOr<Rotated> rotated = Rotate({.source = "2", .reason = "scheduled"});
  ASSERT_THAT(rotated, IsOk());
  EXPECT_EQ(rotated->index, 1U);
  EXPECT_EQ(rotated->todo, "set log_key");
  EXPECT_EQ(rotated->keys, signer_->schedule().Format(hasher_));
  EXPECT_TRUE(SignedBy(rotated->checkpoint, 1));
  EXPECT_TRUE(SignedBy(rotated->checkpoint, 2));
  ASSERT_EQ(ring_.settled.size(), 1U);
  EXPECT_EQ(ring_.settled[0], keys_.Key(2).vkey());

  ASSERT_THAT(Rotate({.source = "3", .reason = "moved"}), IsOk());
  EXPECT_FALSE(SignedBy(committer_->Stats().checkpoint, 1));
  const StatusOr<ledger::VerifyReport> report =
      ledger::VerifyLedger(harness_.store, hasher_, {.verifier = &verifier_});
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->ok()) << report->defect->sentence;
  EXPECT_EQ(report->keys->keys().size(), 3U);
}

TEST_F(RotateKeyTest, AfterwardsAStartWithTheOldKeyIsRefusedAndOneWithTheNewGoesOn) {
  ASSERT_THAT(Rotate({.source = "2", .reason = "scheduled"}), IsOk());
  Start(1);
  EXPECT_THAT(start_, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(start_), HasSubstr("since entry 1 changed it"));
  Start(2);
  ASSERT_THAT(start_, IsOk());
  EXPECT_TRUE(SignedBy(committer_->Stats().checkpoint, 2));
}

TEST_F(RotateKeyTest, ACrashBeforeTheEntryIsDurableLeavesTheOldKey) {
  harness_.store.FailOnCall(1, Unavailable("cut off"), FakeLedgerStore::Loses::kEntries);
  EXPECT_FALSE(Rotate({.source = "2", .reason = "scheduled"}).ok());
  Start(2);
  EXPECT_THAT(start_, StatusIs(StatusCode::kFailedPrecondition)) << "there was no change";
  Start(1);
  ASSERT_THAT(start_, IsOk());

  EXPECT_EQ(Size(), 1U);
  EXPECT_TRUE(ring_.settled.empty());
}

// Whatever comes behind the durable entry: its seal, the file's new place.
TEST_F(RotateKeyTest, ACrashAfterTheEntryIsDurableLeavesTheNewKey) {
  const ledger::Head before = *harness_.store.ReadHead();
  ledger::ChainWriter writer(hasher_,
                             {.head = before,
                              .last_at_millis = harness_.clock.UnixMillis(),
                              .subjects = std::make_unique<ledger::SubjectIndex>(hasher_)});
  committer_.reset();
  writer.Begin();
  ledger::EntryDraft change = keys_.Change(1, 2);
  ASSERT_THAT(writer.Add(ledger::EntryDraft(change), harness_.clock.UnixMillis()), IsOk());
  // The subject "log" stands in entry 0.
  std::string bytes = writer.entries()[0].bytes;
  bytes.replace(bytes.find("\"subject_prev\":null"), 19, "\"subject_prev\":0");
  const ledger::StoredEntry entry{.bytes = bytes, .leaf = ledger::LeafHash(hasher_, bytes)};
  ASSERT_THAT(harness_.store.Append(before, {&entry, 1}), IsOk());

  Start(1);
  EXPECT_THAT(start_, StatusIs(StatusCode::kFailedPrecondition));
  Start(2);
  ASSERT_THAT(start_, IsOk());
  EXPECT_TRUE(SignedBy(committer_->Stats().checkpoint, 2));
}

TEST_F(RotateKeyTest, AnAnswerThatWasLostLeavesAServerThatSignsWithTheNewKey) {
  harness_.store.FailOnCall(1, Unavailable("cut off"), FakeLedgerStore::Loses::kAnswer);
  ASSERT_THAT(Rotate({.source = "2", .reason = "scheduled"}), IsOk()) << "the head tells";
  EXPECT_EQ(signer_->current()->vkey, keys_.Key(2).vkey());
}

TEST_F(RotateKeyTest, WhatCannotBeSignedByBothIsNotAppended) {
  struct Case {
    KeyRotation rotation;
    Caller caller;
    StatusCode code;
  };
  for (const Case& test :
       {Case{{.source = "2", .reason = "because"}, Admin(), StatusCode::kInvalidArgument},
        Case{{.source = "1", .reason = "scheduled"}, Admin(), StatusCode::kInvalidArgument},
        Case{{.source = "2", .reason = "scheduled"}, Reader(), StatusCode::kPermissionDenied}}) {
    EXPECT_EQ(Rotate(test.rotation, test.caller).status().code(), test.code);
  }
  ring_.FailWith(Unavailable("no agent"));
  EXPECT_THAT(Rotate({.source = "2", .reason = "scheduled"}), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(Size(), 1U);
}

TEST_F(RotateKeyTest, AServerWithoutASignerHasNoKeyToChange) {
  LocalBackend backend = harness_.Backend();
  EXPECT_THAT(backend.RotateKey(Admin(), {.source = "2", .reason = "scheduled"}),
              StatusIs(StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace svidence::admin
