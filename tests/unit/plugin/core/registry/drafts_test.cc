#include "plugin/core/registry/drafts.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::registry {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

const std::string kPolicy = "sha256:" + std::string(64, '5');

Agent Buyer() {
  Agent agent;
  agent.name = "buyer";
  agent.scope = 3;
  agent.trust = {.score = 7000,
                 .as_of = 1795442400,
                 .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                 .policy = kPolicy};
  agent.sponsor = SponsorRecord{.ref = "Jx0", .verified = false, .method = "none", .until = {}};
  return agent;
}

SpiffeId BuyerId() { return *SpiffeId::Parse("spiffe://example.org/agent/buyer/1"); }

TEST(DraftAgentTest, CarriesAllMembersOfTheAgent) {
  const StatusOr<ledger::EntryDraft> draft = DraftRegistered(Buyer(), "server:a");
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->type, "agent.registered");
  EXPECT_EQ(draft->by, "server:a");
  EXPECT_EQ(draft->subject, "agent:buyer");
  EXPECT_EQ(draft->agent, "buyer");
  EXPECT_EQ(draft->members,
            R"("scope":3,"trust":{"score":7000,"as_of":1795442400,"half_life":86400,"floor":1000,)"
            R"("hold":0,"policy":")" +
                kPolicy +
                R"("},"sponsor":{"ref":"Jx0","verified":false,"method":"none","until":null})");
}

TEST(DraftAgentTest, SaysThatItIsAChange) {
  const StatusOr<ledger::EntryDraft> draft = DraftChanged(Buyer(), "operator:abc");
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->type, "agent.changed");
  EXPECT_EQ(draft->by, "operator:abc");
}

struct AgentCase {
  const char* name;
  std::function<void(Agent&)> change;
  const char* complaint;  // empty: the agent is good
};

class DraftAgentCaseTest : public ::testing::TestWithParam<AgentCase> {};

TEST_P(DraftAgentCaseTest, IsBuiltOrRefusedWithItsReason) {
  Agent agent = Buyer();
  GetParam().change(agent);
  for (const auto& build : {DraftRegistered, DraftChanged}) {
    const Status got = build(agent, "server:a").status();
    if (*GetParam().complaint == '\0') {
      EXPECT_THAT(got, IsOk());
      continue;
    }
    EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(Message(got), HasSubstr(GetParam().complaint));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DraftAgentCaseTest,
    ::testing::Values(
        AgentCase{"NameEmpty", [](Agent& a) { a.name.clear(); }, "agent name must be 1..63"},
        AgentCase{"NameTooLong", [](Agent& a) { a.name.assign(64, 'a'); }, "agent name must be"},
        AgentCase{"NameLongest", [](Agent& a) { a.name.assign(63, 'a'); }, ""},
        AgentCase{"ScopeZero", [](Agent& a) { a.scope = 0; }, "scope must be 1..4, got 0"},
        AgentCase{"ScopeLowest", [](Agent& a) { a.scope = 1; }, ""},
        AgentCase{"ScopeHighest", [](Agent& a) { a.scope = 4; }, ""},
        AgentCase{"ScopeFive", [](Agent& a) { a.scope = 5; }, "scope must be 1..4, got 5"},
        AgentCase{"ScoreAboveCeiling", [](Agent& a) { a.trust.score = 7001; },
                  "at most 7000 hundredths while the sponsor has not signed, got 7001"},
        AgentCase{"ScoreOfVerifiedSponsor",
                  [](Agent& a) {
                    a.trust.score = 10000;
                    a.sponsor->verified = true;
                  },
                  ""},
        AgentCase{"ScoreTooHighForAnybody",
                  [](Agent& a) {
                    a.trust.score = 10001;
                    a.sponsor->verified = true;
                  },
                  "score must be 0..10000, got 10001"},
        AgentCase{"ScoreNegative", [](Agent& a) { a.trust.score = -1; }, "score must be 0..10000"},
        AgentCase{"ScoreWithoutSponsor", [](Agent& a) { a.sponsor.reset(); },
                  "without sponsor must be 0, got 7000; name a sponsor"},
        AgentCase{"NoScoreWithoutSponsor",
                  [](Agent& a) {
                    a.sponsor.reset();
                    a.trust.score = 0;
                  },
                  ""},
        AgentCase{"TimeNegative", [](Agent& a) { a.trust.as_of = -1; }, "as_of must be"},
        AgentCase{"TimeTooLate", [](Agent& a) { a.trust.as_of = 253402300800; }, "as_of must be"},
        AgentCase{"HalfLifeZero", [](Agent& a) { a.trust.rule.half_life = 0; }, "half_life must"},
        AgentCase{"HalfLifeLongest", [](Agent& a) { a.trust.rule.half_life = 315360000; }, ""},
        AgentCase{"HalfLifeTooLong", [](Agent& a) { a.trust.rule.half_life = 315360001; },
                  "half_life must be 1..315360000, got 315360001"},
        AgentCase{"FloorTooHigh", [](Agent& a) { a.trust.rule.floor = 10001; }, "floor must be"},
        AgentCase{"HoldNegative", [](Agent& a) { a.trust.rule.hold = -1; }, "hold must be"},
        AgentCase{"PolicyMissing", [](Agent& a) { a.trust.policy.clear(); }, "sha256:"},
        AgentCase{"RefEmpty", [](Agent& a) { a.sponsor->ref.clear(); }, "sponsor ref must be"},
        AgentCase{"RefIsAnAddress", [](Agent& a) { a.sponsor->ref = "ann@example.org"; },
                  "sponsor ref must be"},
        AgentCase{"RefLongest", [](Agent& a) { a.sponsor->ref.assign(128, 'a'); }, ""},
        AgentCase{"RefTooLong", [](Agent& a) { a.sponsor->ref.assign(129, 'a'); },
                  "sponsor ref must be 1..128"},
        AgentCase{"MethodEmpty", [](Agent& a) { a.sponsor->method.clear(); }, "sponsor method"},
        AgentCase{"UntilNegative", [](Agent& a) { a.sponsor->until = -1; }, "sponsor until"}),
    [](const ::testing::TestParamInfo<AgentCase>& test) { return std::string(test.param.name); });

struct ByCase {
  const char* name;
  const char* by;
  bool good;
};
class DraftByTest : public ::testing::TestWithParam<ByCase> {};
TEST_P(DraftByTest, TakesOnlyWhatNamesNobody) {
  const StatusCode want = GetParam().good ? StatusCode::kOk : StatusCode::kInvalidArgument;
  EXPECT_THAT(DraftRegistered(Buyer(), GetParam().by), StatusIs(want));
  EXPECT_THAT(DraftRevoked(BuyerId(), "buyer", "superseded", GetParam().by), StatusIs(want));
}
INSTANTIATE_TEST_SUITE_P(
    All, DraftByTest,
    ::testing::Values(ByCase{"Server", "server:a-1", true},
                      ByCase{"Operator", "operator:Ab_9-", true},
                      ByCase{"Sponsor", "sponsor:x", true},
                      ByCase{"Id", "spiffe://example.org/svidence/server", true},
                      ByCase{"BadId", "spiffe://example.org//x", false}, ByCase{"Empty", "", false},
                      ByCase{"Person", "ann", false}, ByCase{"EmptyRef", "operator:", false},
                      ByCase{"Address", "operator:ann@example.org", false}),
    [](const ::testing::TestParamInfo<ByCase>& test) { return std::string(test.param.name); });

TEST(DraftReasonTest, NamesIdentityAgentAndReason) {
  const StatusOr<ledger::EntryDraft> draft =
      DraftRevoked(BuyerId(), "buyer", "key_compromise", "operator:x");
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->type, "revoked");
  EXPECT_EQ(draft->subject, "spiffe://example.org/agent/buyer/1");
  EXPECT_EQ(draft->agent, "buyer");
  EXPECT_EQ(draft->members, R"("reason":"key_compromise")");
}

TEST(DraftErasedTest, NamesThePseudonymTheFieldsAndWhy) {
  const StatusOr<ledger::EntryDraft> draft = DraftErased("Jx0", "request", "operator:Qa1");
  ASSERT_TRUE(draft.ok());
  EXPECT_EQ(draft->type, "erased");
  EXPECT_EQ(draft->subject, "sponsor:Jx0");
  EXPECT_EQ(draft->agent, "");
  EXPECT_EQ(draft->members, R"("fields":["person"],"reason":"request")");
  for (const std::string_view reason : ErasureReasons()) {
    EXPECT_TRUE(DraftErased("Jx0", reason, "server:a").ok()) << reason;
  }
  EXPECT_FALSE(DraftErased("Jx0", "alice asked", "server:a").ok());
  EXPECT_FALSE(DraftErased("", "request", "server:a").ok());
  EXPECT_FALSE(DraftErased("Jx 0", "request", "server:a").ok());
  EXPECT_FALSE(DraftErased("Jx0", "request", "alice").ok());
}

TEST(DraftReasonTest, RestoresAlike) {
  const StatusOr<ledger::EntryDraft> draft =
      DraftRestored(BuyerId(), "", "unspecified", "server:a");
  ASSERT_THAT(draft, IsOk());
  EXPECT_EQ(draft->type, "restored");
  EXPECT_EQ(draft->agent, "");
}

TEST(DraftReasonTest, TakesEveryCodeAndNoOther) {
  EXPECT_EQ(ReasonCodes().size(), 6U);
  for (const std::string_view code : ReasonCodes()) {
    EXPECT_THAT(DraftRevoked(BuyerId(), "buyer", code, "server:a"), IsOk()) << code;
  }
  const Status got = DraftRevoked(BuyerId(), "buyer", "because\n", "server:a").status();
  EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(got), HasSubstr(R"(superseded, got "because\x0a")"));
}

TEST(DraftReasonTest, RefusesAnAgentThatHasNoSuchName) {
  EXPECT_THAT(DraftRevoked(BuyerId(), "Buyer", "superseded", "server:a"),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::registry
