#include "plugin/core/issuance/composer.h"

#include <atomic>
#include <future>
#include <latch>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "plugin/core/claims/issuance.h"
#include "plugin/core/claims/jwt_claim.h"
#include "plugin/core/claims/x509_extension.h"
#include "plugin/core/ledger/entry_proof.h"
#include "tests/support/issuing_harness.h"
#include "tests/support/status_matchers.h"

namespace svidence::issuance {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IssuingHarness;
using ::testing::SizeIs;
using testing::StatusIs;

class ComposerTest : public ::testing::Test {
 protected:
  static SpiffeId Buyer() { return IssuingHarness::Id("/agent/buyer/1"); }
  static SpiffeId Rogue() { return IssuingHarness::Id("/agent/rogue/9"); }
  IssuingHarness::X509Answer X509(const SpiffeId& id) {
    return on_.X509(IssuingHarness::X509Of(id));
  }
  IssuingHarness::JwtAnswer Jwt(const SpiffeId& id) { return on_.Jwt(IssuingHarness::JwtOf(id)); }

  // What a registered agent of the harness is issued with now.
  claims::Issuance OfBuyer() const {
    const registry::Agent agent = IssuingHarness::SomeAgent("buyer");
    return {.now = on_.clock.UnixMillis() / 1000,
            .trust = agent.trust,
            .sponsor = agent.sponsor,
            .scope = agent.scope};
  }

  StatusOr<ledger::ProvedEntry> Prove(std::string_view entry, std::string_view proof) const {
    const openssl::OpenSslEd25519Verifier verifier;
    return ledger::VerifyEntryProof(entry, proof, ledger::Policy::OfLog(on_.hasher, on_.log.vkey()),
                                    {.verifier = verifier, .limit = {}}, on_.hasher);
  }
  static std::string ClaimedProof(const std::string& claim) {
    const Json json = *ParseStrictJson(claim);
    return *json.Find("proof")->text();
  }

  IssuingHarness on_;
};

TEST_F(ComposerTest, PutsTheEntryOfARegisteredAgentIntoTheExtension) {
  ASSERT_THAT(on_.Register("buyer"), IsOk());
  const IssuingHarness::X509Answer answer = X509(Buyer());
  ASSERT_THAT(answer, IsOk());
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->index, 1U);

  const std::vector<ledger::StoredEntry> stored = on_.store.All();
  ASSERT_THAT(stored, SizeIs(2));
  const StatusOr<claims::X509Extension> extension =
      claims::DecodeX509Extension((*answer)->extension_der);
  ASSERT_THAT(extension, IsOk());
  EXPECT_EQ(extension->entry, stored[1].bytes) << "what is asserted is not what is logged";
  ASSERT_TRUE(extension->proof);
  EXPECT_THAT(Prove(extension->entry, *extension->proof), IsOk());

  const ledger::Entry entry = on_.Entries()[1];
  EXPECT_EQ(entry.type, "issue.x509");
  EXPECT_EQ(entry.by, "server:a");
  EXPECT_EQ(entry.subject, Buyer().text());
  EXPECT_EQ(entry.agent, "buyer");
  EXPECT_EQ(entry.members, claims::X509Members(OfBuyer(), on_.hasher.Sha256({"a key"})));
}

TEST_F(ComposerTest, CopiesTheScoreUnchangedHoweverLateItIssues) {
  ASSERT_THAT(on_.Register("buyer"), IsOk());
  on_.clock.Advance(std::int64_t{7} * 24 * 3600 * 1000);
  ASSERT_THAT(X509(Buyer()), IsOk());
  const StatusOr<Json> members = ledger::ParseMembers(on_.Entries()[1]);
  ASSERT_THAT(members, IsOk());
  EXPECT_EQ(*members->Find("trust")->Find("score")->integer(), 7000);
  EXPECT_EQ(*members->Find("trust")->Find("as_of")->integer(), 1795442400);
  EXPECT_EQ(*members->Find("now")->integer(), on_.clock.UnixMillis() / 1000);
}

TEST_F(ComposerTest, TellsTheUnclampedClockWhereTheLedgersTimeCannotStepBack) {
  ASSERT_THAT(X509(Buyer()), IsOk());
  on_.clock.SetUnixMillis(1000);
  ASSERT_THAT(X509(Buyer()), IsOk());
  on_.clock.SetUnixMillis(-5000);
  ASSERT_THAT(X509(Buyer()), IsOk());
  const std::vector<ledger::Entry> entries = on_.Entries();
  EXPECT_EQ(entries[1].place.at_millis, entries[0].place.at_millis);
  EXPECT_THAT(entries[1].members, HasSubstr("\"now\":1,"));
  EXPECT_THAT(entries[2].members, HasSubstr("\"now\":0,"));
}

TEST_F(ComposerTest, PutsTheEntryOfARegisteredAgentIntoTheClaim) {
  ASSERT_THAT(on_.Register("buyer"), IsOk());
  JwtRequest request = IssuingHarness::JwtOf(Buyer());
  request.audience = {"b", "a"};
  request.jti = "given";
  const IssuingHarness::JwtAnswer answer = on_.Jwt(request);
  ASSERT_THAT(answer, IsOk());
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((*answer)->jti, "given");
  EXPECT_EQ((*answer)->index, 1U);

  const ledger::Entry entry = on_.Entries()[1];
  EXPECT_EQ(entry.type, "issue.jwt");
  const claims::JwtBinding binding{.audience = claims::AudienceDigest(on_.hasher, {"a", "b"}),
                                   .issued_at = 1795456800,
                                   .expires_at = 1795457100,
                                   .jti = "given"};
  EXPECT_EQ(entry.members, claims::JwtMembers(OfBuyer(), binding));
  EXPECT_EQ((*answer)->claim_json, claims::JwtClaim(OfBuyer(), "buyer", on_.store.All()[1].bytes,
                                                    ClaimedProof((*answer)->claim_json)));
  EXPECT_THAT(Prove(on_.store.All()[1].bytes, ClaimedProof((*answer)->claim_json)), IsOk());
}

TEST_F(ComposerTest, DrawsAnIdForATokenThatHasNone) {
  const IssuingHarness::JwtAnswer first = Jwt(Buyer());
  const IssuingHarness::JwtAnswer second = Jwt(Buyer());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ((*first)->jti, "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ((*second)->jti, "AQEBAQEBAQEBAQEBAQEBAQ");
  EXPECT_THAT(on_.Entries()[0].members, HasSubstr("\"jti\":\"AAAAAAAAAAAAAAAAAAAAAA\""));
}

TEST_F(ComposerTest, IssuesScoreZeroToAnAgentThatNobodyRegistered) {
  const IssuingHarness::X509Answer answer = X509(Rogue());
  ASSERT_THAT(answer, IsOk());
  ASSERT_TRUE(answer->has_value());
  const ledger::Entry entry = on_.Entries()[0];
  EXPECT_EQ(entry.agent, "rogue");
  EXPECT_EQ(entry.members, claims::X509Members({.now = 1795456800}, on_.hasher.Sha256({"a key"})));
  EXPECT_EQ(on_.composer().Stats().unregistered, 1U);
}

TEST_F(ComposerTest, RefusesAnAgentThatNobodyRegisteredWhereTheSettingSaysSo) {
  on_.settings.unregistered = Unregistered::kDeny;
  EXPECT_THAT(X509(Rogue()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Jwt(Rogue()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(on_.store.All(), IsEmpty());
  ASSERT_THAT(on_.Register("rogue"), IsOk());
  EXPECT_THAT(X509(Rogue()), IsOk());
  // Infrastructure is registered nowhere and is not meant.
  EXPECT_THAT(X509(IssuingHarness::Id("/svidence/server")), IsOk());
}

TEST_F(ComposerTest, GivesAnIdWithoutAgentNameNoAgent) {
  ASSERT_THAT(X509(IssuingHarness::Id("/agent/UPPER/1")), IsOk());
  EXPECT_EQ(on_.Entries()[0].agent, "");
  EXPECT_EQ(on_.composer().Stats().unregistered, 1U);
}

TEST_F(ComposerTest, LogsInfrastructureWithScoreZeroAndLeavesItAsItIs) {
  const IssuingHarness::X509Answer answer = X509(IssuingHarness::Id("/svidence/node/0a"));
  ASSERT_THAT(answer, IsOk());
  EXPECT_FALSE(answer->has_value());
  const IssuingHarness::JwtAnswer token = Jwt(IssuingHarness::Id("/svidence/node/0a"));
  ASSERT_THAT(token, IsOk());
  EXPECT_FALSE(token->has_value());
  EXPECT_THAT(on_.Entries()[1].members, HasSubstr(R"("jti":)"));
  EXPECT_EQ(on_.Entries()[0].agent, "");
  EXPECT_THAT(on_.Entries()[0].members, HasSubstr(R"("trust":{"score":0,"as_of":null)"));
  EXPECT_EQ(on_.composer().Stats().unregistered, 0U);
}

TEST_F(ComposerTest, LeavesOutsidersAndTheHealthCheckAsTheyAre) {
  X509Request health = IssuingHarness::X509Of(IssuingHarness::Id("/for/health/check/only"));
  health.spki_der = HealthCheckSpki();
  for (const X509Request& request : {health, IssuingHarness::X509Of(IssuingHarness::Id("/web"))}) {
    const IssuingHarness::X509Answer answer = on_.X509(request);
    ASSERT_THAT(answer, IsOk());
    EXPECT_FALSE(answer->has_value());
  }
  const IssuingHarness::JwtAnswer token = Jwt(IssuingHarness::Id("/web"));
  ASSERT_THAT(token, IsOk());
  EXPECT_FALSE(token->has_value());
  EXPECT_THAT(on_.store.All(), IsEmpty());
  EXPECT_EQ(on_.composer().Stats().passed, 3U);
}

TEST_F(ComposerTest, RefusesAnotherTrustDomain) {
  const SpiffeId other = *SpiffeId::Parse("spiffe://other.org/agent/buyer");
  EXPECT_THAT(X509(other), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Jwt(other), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ComposerTest, RefusesARevokedIdentityUntilItIsRestored) {
  ASSERT_THAT(on_.Revoke(Buyer()), IsOk());
  const Status got = X509(Buyer()).status();
  EXPECT_THAT(got, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(got), HasSubstr("\"spiffe://example.org/agent/buyer/1\" is revoked"));
  EXPECT_THAT(Jwt(Buyer()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(X509(IssuingHarness::Id("/agent/buyer/2")), IsOk());
  EXPECT_EQ(on_.composer().Stats().refused, 2U);
  ASSERT_THAT(on_.Restore(Buyer()), IsOk());
  EXPECT_THAT(X509(Buyer()), IsOk());
}

TEST_F(ComposerTest, RefusesARevokedInfrastructureIdentity) {
  on_.registry.DenyNow("spiffe://example.org/svidence/node/0a");
  EXPECT_THAT(X509(IssuingHarness::Id("/svidence/node/0a")),
              StatusIs(StatusCode::kPermissionDenied));
}

// The denial comes while the request waits in the queue: the gate at the index
// has to see it.
TEST_F(ComposerTest, RefusesAtTheLastGateWhatWasAllowedWhenAskedFor) {
  std::latch waiting(1);
  std::latch go(1);
  bool first = true;
  on_.store.OnAppend([&](std::size_t /*entries*/) {
    if (!std::exchange(first, false)) return;
    waiting.count_down();
    go.wait();
  });
  std::promise<IssuingHarness::X509Answer> blocker;
  on_.composer().ComposeX509(IssuingHarness::X509Of(Rogue()),
                             [&](const auto& got) { blocker.set_value(got); });
  waiting.wait();
  std::promise<IssuingHarness::X509Answer> late;
  on_.composer().ComposeX509(IssuingHarness::X509Of(Buyer()),
                             [&](const auto& got) { late.set_value(got); });
  on_.registry.DenyNow(Buyer().text());
  go.count_down();
  EXPECT_THAT(blocker.get_future().get(), IsOk());
  EXPECT_THAT(late.get_future().get(), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(on_.store.All(), SizeIs(1));
}

TEST_F(ComposerTest, RecordsNothingForACallerWhoHasGone) {
  X509Request request = IssuingHarness::X509Of(Buyer());
  request.limits.cancelled = [] { return true; };
  EXPECT_THAT(on_.X509(request), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(on_.store.All(), IsEmpty());
}

TEST_F(ComposerTest, KeepsTheEarlierOfTheCallersDeadlineAndItsOwn) {
  const std::int64_t now = on_.clock.MonotonicMillis();
  X509Request request = IssuingHarness::X509Of(Buyer());
  request.limits.deadline_millis = now;
  EXPECT_THAT(on_.X509(request), StatusIs(StatusCode::kDeadlineExceeded));
  request.limits.deadline_millis = now + 1;
  EXPECT_THAT(on_.X509(request), IsOk());

  IssuingHarness strict;
  strict.settings.timeout_millis = 0;
  EXPECT_THAT(strict.X509(IssuingHarness::X509Of(Buyer())),
              StatusIs(StatusCode::kDeadlineExceeded));
  request.limits.deadline_millis = now + 1000;
  EXPECT_THAT(strict.X509(request), StatusIs(StatusCode::kDeadlineExceeded));
}

TEST_F(ComposerTest, IssuesNothingThatCouldNotBeRecorded) {
  on_.store.FailWith(ResourceExhausted("disk full"));
  EXPECT_THAT(X509(Buyer()), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_THAT(Jwt(Buyer()), StatusIs(StatusCode::kResourceExhausted));
  EXPECT_EQ(on_.composer().Stats().refused, 2U);
  EXPECT_EQ(on_.composer().Stats().x509, 0U);
}

TEST_F(ComposerTest, CountsWhatItDid) {
  ASSERT_THAT(X509(Buyer()), IsOk());
  ASSERT_THAT(Jwt(Buyer()), IsOk());
  const ComposerStats stats = on_.composer().Stats();
  EXPECT_EQ(stats.x509, 1U);
  EXPECT_EQ(stats.jwt, 1U);
  EXPECT_EQ(stats.unregistered, 2U);
  EXPECT_EQ(stats.refused, 0U);
  EXPECT_EQ(stats.passed, 0U);
}

constexpr std::size_t kIndexDigits = 16;

// An ID below the prefix with a path of `size` bytes behind "/agent/buyer/".
SpiffeId LongId(std::size_t size) {
  return IssuingHarness::Id("/agent/buyer/" + std::string(size, 'x'));
}

TEST_F(ComposerTest, RefusesAnIdTooLongForTheExtensionBeforeAnythingIsLogged) {
  ASSERT_THAT(on_.Register("buyer"), IsOk());
  std::size_t longest = 0;
  for (std::size_t size = 1; size < 1900 && X509(LongId(size)).ok(); size += 100) longest = size;
  while (X509(LongId(longest + 1)).ok()) ++longest;
  const std::size_t entries = on_.store.All().size();
  const Status got = X509(LongId(longest + 1)).status();
  EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(got), HasSubstr("is too long: its ledger entry must have at most 2304"));
  EXPECT_THAT(on_.store.All(), SizeIs(entries));
  // No bytes are given away: the estimate is off by the digits of two indexes.
  EXPECT_GE(on_.store.All().back().bytes.size() + kIndexDigits + kIndexDigits + 1,
            claims::kMaxIssuedEntryBytes);
}

// The bound that CheckFits adds to the draft is that of the longest entry.
TEST(CommonBytesTest, AreEnoughForEveryPlaceInTheLedger) {
  const ledger::EntryDraft draft{.type = "issue.x509",
                                 .by = "server:a",
                                 .subject = "spiffe://example.org/agent/buyer",
                                 .agent = "buyer",
                                 .members = R"("now":1)"};
  const StatusOr<std::string> entry =
      ledger::RenderEntry(draft, {.index = ledger::kMaxIndex,
                                  .at_millis = ledger::kMaxTimeMillis,
                                  .prev = {},
                                  .subject_prev = ledger::kMaxIndex - 1});
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->size(), kMaxCommonBytes + draft.type.size() + draft.by.size() +
                               draft.subject.size() + draft.agent.size() + draft.members.size());
}

struct BadX509 {
  const char* name;
  std::size_t size;
  bool good;
};
class SpkiSizeTest : public ComposerTest, public ::testing::WithParamInterface<BadX509> {};
TEST_P(SpkiSizeTest, IsBounded) {
  X509Request request = IssuingHarness::X509Of(Buyer());
  request.spki_der.assign(GetParam().size, 'k');
  EXPECT_THAT(on_.X509(request),
              StatusIs(GetParam().good ? StatusCode::kOk : StatusCode::kInvalidArgument));
}
INSTANTIATE_TEST_SUITE_P(All, SpkiSizeTest,
                         ::testing::Values(BadX509{"None", 0, false}, BadX509{"One", 1, true},
                                           BadX509{"Largest", kMaxSpkiBytes, true},
                                           BadX509{"TooLarge", kMaxSpkiBytes + 1, false}),
                         [](const ::testing::TestParamInfo<BadX509>& test) {
                           return std::string(test.param.name);
                         });

struct BadJwt {
  const char* name;
  void (*change)(JwtRequest&);
  bool good;
};
class JwtBoundsTest : public ComposerTest, public ::testing::WithParamInterface<BadJwt> {};
TEST_P(JwtBoundsTest, AreKept) {
  JwtRequest request = IssuingHarness::JwtOf(Buyer());
  GetParam().change(request);
  EXPECT_THAT(on_.Jwt(request),
              StatusIs(GetParam().good ? StatusCode::kOk : StatusCode::kInvalidArgument));
  EXPECT_THAT(on_.store.All(), SizeIs(GetParam().good ? 1 : 0));
}
INSTANTIATE_TEST_SUITE_P(
    All, JwtBoundsTest,
    ::testing::Values(
        BadJwt{"IssuedAtZero", [](JwtRequest& r) { r.issued_at = 0; }, true},
        BadJwt{"IssuedAtNegative", [](JwtRequest& r) { r.issued_at = -1; }, false},
        BadJwt{"ExpiresLast", [](JwtRequest& r) { r.expires_at = 253402300799; }, true},
        BadJwt{"ExpiresTooLate", [](JwtRequest& r) { r.expires_at = 253402300800; }, false},
        BadJwt{"ExpiresNegative", [](JwtRequest& r) { r.expires_at = -1; }, false},
        BadJwt{"NoAudience", [](JwtRequest& r) { r.audience.clear(); }, false},
        BadJwt{"LargestAudience",
               [](JwtRequest& r) {
                 r.audience = {"a", std::string(kMaxAudienceBytes - 1, 'b')};
               },
               true},
        BadJwt{"AudienceTooLarge",
               [](JwtRequest& r) {
                 r.audience = {"a", std::string(kMaxAudienceBytes, 'b')};
               },
               false},
        BadJwt{"LongestJti", [](JwtRequest& r) { r.jti.assign(kMaxJtiBytes, 'j'); }, true},
        BadJwt{"JtiTooLong", [](JwtRequest& r) { r.jti.assign(kMaxJtiBytes + 1, 'j'); }, false},
        BadJwt{"JtiQuoted", [](JwtRequest& r) { r.jti = "a\"b\\\n"; }, true},
        BadJwt{"JtiNotUtf8", [](JwtRequest& r) { r.jti = "\xff"; }, false}),
    [](const ::testing::TestParamInfo<BadJwt>& test) { return std::string(test.param.name); });

TEST_F(ComposerTest, AnswersCallsThatItsOwnEndOvertakes) {
  std::latch waiting(1);
  std::latch go(1);
  on_.store.OnAppend([&](std::size_t /*entries*/) {
    waiting.count_down();
    go.wait();
  });
  std::promise<IssuingHarness::X509Answer> answer;
  on_.composer().ComposeX509(IssuingHarness::X509Of(Buyer()),
                             [&](const auto& got) { answer.set_value(got); });
  waiting.wait();
  on_.DestroyComposer();
  go.count_down();
  EXPECT_THAT(answer.get_future().get(), IsOk());
}

TEST_F(ComposerTest, AnswersWithAnErrorWhenTheLedgerIsClosed) {
  std::latch waiting(1);
  std::latch go(1);
  bool first = true;
  on_.store.OnAppend([&](std::size_t /*entries*/) {
    if (!std::exchange(first, false)) return;
    waiting.count_down();
    go.wait();
  });
  std::promise<IssuingHarness::X509Answer> taken;
  std::promise<IssuingHarness::X509Answer> queued;
  on_.composer().ComposeX509(IssuingHarness::X509Of(Rogue()),
                             [&](const auto& got) { taken.set_value(got); });
  waiting.wait();
  on_.composer().ComposeX509(IssuingHarness::X509Of(Buyer()),
                             [&](const auto& got) { queued.set_value(got); });
  std::jthread closing([&] { on_.DestroyCommitter(); });
  go.count_down();
  EXPECT_THAT(taken.get_future().get(), IsOk());
  const Status got = queued.get_future().get().status();
  EXPECT_TRUE(got.ok() || got.code() == StatusCode::kUnavailable) << got;
}

// Asks for one credential after the other until told to stop. Counts its calls,
// and their answers.
void AskUntil(const std::atomic<bool>& stop, IssuingHarness& on, bool for_jwt,
              std::atomic<int>& asked, std::atomic<int>& answers) {
  const SpiffeId id = IssuingHarness::Id("/agent/buyer/1");
  while (!stop) {
    std::promise<void> done;
    const auto answer = [&](const auto& /*got*/) {
      ++answers;
      done.set_value();
    };
    ++asked;
    if (for_jwt) {
      on.composer().ComposeJwt(IssuingHarness::JwtOf(id), answer);
    } else {
      on.composer().ComposeX509(IssuingHarness::X509Of(id), answer);
    }
    done.get_future().wait();
  }
}

// How many issuances stand in the ledger. Fails for each behind a `revoked`.
int CountIssuancesOutsideRevocations(const std::vector<ledger::Entry>& entries) {
  bool revoked = false;
  int issued = 0;
  for (const ledger::Entry& entry : entries) {
    if (entry.type == "revoked") revoked = true;
    if (entry.type == "restored") revoked = false;
    if (!entry.type.starts_with("issue.")) continue;
    ++issued;
    EXPECT_FALSE(revoked) << "entry " << entry.place.index;
  }
  return issued;
}

// For TSan as well: composes race with revocations and restorations.
TEST_F(ComposerTest, NeverIssuesBehindARevocationHoweverCallsRace) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 40;
  std::atomic<bool> stop = false;
  std::atomic<int> answers = 0;
  std::atomic<int> asked = 0;
  on_.composer();
  {
    std::vector<std::jthread> callers;
    callers.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      callers.emplace_back([&, i] { AskUntil(stop, on_, i % 2 == 1, asked, answers); });
    }
    for (int round = 0; round < kRounds; ++round) {
      EXPECT_THAT(on_.Revoke(Buyer()), IsOk());
      EXPECT_THAT(on_.Restore(Buyer()), IsOk());
    }
    stop = true;
  }
  EXPECT_EQ(answers, asked);
  EXPECT_GT(CountIssuancesOutsideRevocations(on_.Entries()), 0);
}

TEST_F(ComposerTest, IssuesWithoutAProofOnlyBySetting) {
  const testing::FailingNoteSigner mute("example.org/svidence/log", ledger::KeyType::kEd25519,
                                        Unavailable("the signer is away"));
  on_.signer = &mute;
  const SpiffeId id = on_.Id("/agent/buyer/1");
  EXPECT_THAT(on_.X509(on_.X509Of(id)), testing::StatusIs(StatusCode::kUnavailable));
  on_.DestroyComposer();
  on_.settings.proof_optional = true;
  const auto x509 = on_.X509(on_.X509Of(id));
  ASSERT_TRUE(x509.ok() && *x509);
  const auto extension = claims::DecodeX509Extension((*x509)->extension_der);
  ASSERT_TRUE(extension.ok());
  EXPECT_FALSE(extension->proof);
  const auto jwt = on_.Jwt(on_.JwtOf(id));
  ASSERT_TRUE(jwt.ok() && *jwt);
  EXPECT_EQ((*jwt)->claim_json.find("\"proof\""), std::string::npos);
}

}  // namespace
}  // namespace svidence::issuance
