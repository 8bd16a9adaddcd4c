#include "plugin/core/admin/agents.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "plugin/core/trust/policy.h"
#include "tests/support/admin_harness.h"
#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using svidence::testing::Admin;
using svidence::testing::IsOk;
using svidence::testing::Reader;
using svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AgentsTest : public ::testing::Test {
 protected:
  StatusOr<Registered> Register(const Registration& wanted) {
    return harness_.Backend().RegisterAgent(Admin(), wanted);
  }
  static Registration Buyer() {
    Registration wanted;
    wanted.name = "buyer";
    wanted.scope = 3;
    wanted.sponsor = "alice@example.org";
    return wanted;
  }

  svidence::testing::AdminHarness harness_;
};

TEST_F(AgentsTest, RegistersWithTheServersStartValuesAndAPseudonym) {
  const auto registered = Register(Buyer());
  ASSERT_THAT(registered, IsOk());
  EXPECT_EQ(registered->index, 1U);
  const registry::Agent& agent = registered->info.agent;
  EXPECT_EQ(agent.registered_in, 1U);
  EXPECT_EQ(agent.scope, 3);
  EXPECT_EQ(agent.trust.score, 7000);
  EXPECT_EQ(agent.trust.as_of, harness_.clock.UnixMillis() / 1000);
  EXPECT_EQ(
      agent.trust.policy,
      trust::PolicyDigest(harness_.hasher, 7000, {.half_life = 86400, .floor = 1000, .hold = 0}));
  EXPECT_EQ(agent.sponsor->method, "none");
  EXPECT_FALSE(agent.sponsor->verified);
  EXPECT_EQ(registered->info.person, "alice@example.org");

  const ledger::Entry entry = harness_.Last();
  EXPECT_EQ(entry.type, "agent.registered");
  EXPECT_THAT(entry.by, ::testing::StartsWith("operator:ref"));
  for (const std::string& text : {entry.by, entry.members, entry.subject}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr("alice"))) << "nothing that names a person";
  }
}

TEST_F(AgentsTest, TakesWhatIsGivenInsteadOfTheStartValues) {
  Registration wanted = Buyer();
  wanted.score = 5000;
  wanted.half_life = 3600;
  wanted.floor = 0;
  wanted.hold = 60;
  const auto registered = Register(wanted);
  ASSERT_THAT(registered, IsOk());
  EXPECT_EQ(registered->info.agent.trust.score, 5000);
  EXPECT_EQ(registered->info.agent.trust.rule,
            (trust::DecayRule{.half_life = 3600, .floor = 0, .hold = 60}));
}

TEST_F(AgentsTest, WithoutASponsorTheScoreIsZero) {
  Registration wanted = Buyer();
  wanted.sponsor.clear();
  const auto registered = Register(wanted);
  ASSERT_THAT(registered, IsOk());
  EXPECT_EQ(registered->info.agent.trust.score, 0);
  EXPECT_FALSE(registered->info.agent.sponsor);
}

TEST_F(AgentsTest, IsOffUnlessTheSettingsAllowIt) {
  harness_.settings.allow_unsigned = false;
  const auto registered = Register(Buyer());
  EXPECT_THAT(registered, StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Message(registered.status()), HasSubstr("allow_unsigned = true"));
  EXPECT_EQ(harness_.sponsors.size(), 0U);
}

struct BadRegistration {
  const char* name;
  void (*spoil)(Registration&);
  const char* message;
};

class BadRegistrationTest : public AgentsTest,
                            public ::testing::WithParamInterface<BadRegistration> {};

TEST_P(BadRegistrationTest, IsRefusedByNameAndLeavesNoTrace) {
  Registration wanted = Buyer();
  GetParam().spoil(wanted);
  const auto registered = Register(wanted);
  EXPECT_THAT(registered, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(registered.status()), HasSubstr(GetParam().message));
  EXPECT_EQ(harness_.store.All().size(), 1U);
  EXPECT_EQ(harness_.sponsors.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Members, BadRegistrationTest,
    ::testing::Values(
        BadRegistration{"EmptyName", [](Registration& r) { r.name = ""; }, "agent name"},
        BadRegistration{"LongName", [](Registration& r) { r.name = std::string(64, 'a'); },
                        "agent name"},
        BadRegistration{"NameWithSlash", [](Registration& r) { r.name = "a/b"; }, "agent name"},
        BadRegistration{"NoScope", [](Registration& r) { r.scope = 0; }, "scope must be 1..4"},
        BadRegistration{"HighScope", [](Registration& r) { r.scope = 5; }, "scope must be 1..4"},
        BadRegistration{"ScoreAboveTheCeiling", [](Registration& r) { r.score = 7001; },
                        "at most 7000"},
        BadRegistration{"ScoreWithoutSponsor",
                        [](Registration& r) {
                          r.sponsor = "";
                          r.score = 1;
                        },
                        "name a sponsor"},
        BadRegistration{"NegativeScore", [](Registration& r) { r.score = -1; }, "score"},
        BadRegistration{"ZeroHalfLife", [](Registration& r) { r.half_life = 0; }, "half_life"},
        BadRegistration{"LongSponsor", [](Registration& r) { r.sponsor = std::string(321, 'a'); },
                        "at most 320 bytes"},
        BadRegistration{"SponsorNotUtf8", [](Registration& r) { r.sponsor = "\xff"; }, "UTF-8"}),
    [](const auto& test) { return test.param.name; });

TEST_F(AgentsTest, ASecondRegistrationSaysWhereTheFirstIs) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  const auto again = Register(Buyer());
  EXPECT_THAT(again, StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(Message(again.status()), HasSubstr("entry 1"));
}

TEST_F(AgentsTest, AChangeOfTheScopeLeavesTheScoreAndItsTime) {
  const auto before = Register(Buyer());
  harness_.clock.Advance(3600 * 1000);
  Registration change;
  change.name = "buyer";
  change.scope = 2;
  change.change = true;
  const auto after = Register(change);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->index, 2U);
  EXPECT_EQ(after->info.agent.scope, 2);
  EXPECT_EQ(after->info.agent.trust, before->info.agent.trust);
  EXPECT_EQ(after->info.agent.sponsor, before->info.agent.sponsor);
  EXPECT_EQ(after->info.agent.registered_in, 1U);
  EXPECT_EQ(harness_.Last().type, "agent.changed");
}

TEST_F(AgentsTest, ANewRuleBeginsWithWhatTheOldOneHasLeft) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  harness_.clock.Advance(std::int64_t{86400} * 1000);
  Registration change;
  change.name = "buyer";
  change.half_life = 3600;
  change.change = true;
  const auto after = Register(change);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->info.agent.trust.score, 4000) << "half way from 70 to the floor of 10";
  EXPECT_EQ(after->info.agent.trust.as_of, harness_.clock.UnixMillis() / 1000);
  EXPECT_EQ(after->info.agent.trust.rule.half_life, 3600);
  EXPECT_EQ(after->info.agent.trust.rule.floor, 1000);
}

TEST_F(AgentsTest, AnAgentBelongsToItsFirstSponsor) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  Registration change = Buyer();
  change.change = true;
  EXPECT_THAT(Register(change), IsOk());
  change.sponsor = "mallory@example.org";
  EXPECT_THAT(Register(change), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(AgentsTest, AnAgentWithoutSponsorMayGetOne) {
  Registration wanted = Buyer();
  wanted.sponsor.clear();
  ASSERT_THAT(Register(wanted), IsOk());
  Registration change = Buyer();
  change.change = true;
  change.score = 5000;
  const auto after = Register(change);
  ASSERT_THAT(after, IsOk());
  EXPECT_TRUE(after->info.agent.sponsor);
  EXPECT_EQ(after->info.agent.trust.score, 5000);
}

TEST_F(AgentsTest, WhatIsNotRegisteredCannotBeChanged) {
  Registration change = Buyer();
  change.change = true;
  EXPECT_THAT(Register(change), StatusIs(StatusCode::kNotFound));
}

TEST_F(AgentsTest, OfTwoAtTheSameTimeOneWins) {
  std::vector<Status> results(4);
  {
    std::vector<std::jthread> threads;
    for (Status& result : results) {
      threads.emplace_back([this, &result] { result = Register(Buyer()).status(); });
    }
  }
  EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const Status& s) { return s.ok(); }),
            1);
  EXPECT_EQ(harness_.store.All().size(), 2U);
}

TEST_F(AgentsTest, AFullDiskAndABrokenTableAreToldApart) {
  harness_.store.FailWith(ResourceExhausted("disk full"));
  EXPECT_THAT(Register(Buyer()), StatusIs(StatusCode::kResourceExhausted));
  harness_.store.FailWith(OkStatus());
  harness_.sponsors.FailWith(Unavailable("locked"));
  EXPECT_THAT(Register(Buyer()), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(harness_.store.All().size(), 1U);
}

TEST_F(AgentsTest, AUserWithoutANameIsAnOperatorToo) {
  Caller caller = Admin();
  caller.user.clear();
  ASSERT_THAT(harness_.Backend().RegisterAgent(caller, Buyer()), IsOk());
  EXPECT_THAT(harness_.sponsors.PersonOf(harness_.Last().by.substr(9)),
              svidence::testing::IsOkAndHolds("uid:1000"));
}

TEST_F(AgentsTest, ListsByNameInPages) {
  for (const char* name : {"c", "a", "b"}) {
    Registration wanted = Buyer();
    wanted.name = name;
    ASSERT_THAT(Register(wanted), IsOk());
  }
  const auto names = [](const AgentPage& page) {
    std::vector<std::string> all;
    for (const AgentInfo& info : page.agents) all.push_back(info.agent.name);
    return all;
  };
  const auto first = harness_.Backend().ListAgents(Admin(), "", 2);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(names(*first), ElementsAre("a", "b"));
  EXPECT_TRUE(first->more);
  const auto second = harness_.Backend().ListAgents(Admin(), "b", 2);
  EXPECT_THAT(names(*second), ElementsAre("c"));
  EXPECT_FALSE(second->more);
  for (const std::size_t size : {std::size_t{0}, kMaxPageEntries + 1}) {
    EXPECT_THAT(harness_.Backend().ListAgents(Admin(), "", size),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

TEST_F(AgentsTest, OnlyAdministratorsSeeWhoThePersonIs) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  EXPECT_EQ(harness_.Backend().GetAgent(Admin(), "buyer")->info.person, "alice@example.org");
  EXPECT_EQ(harness_.Backend().GetAgent(Reader(), "buyer")->info.person, "");
  EXPECT_EQ(harness_.Backend().ListAgents(Reader(), "", 1)->agents[0].person, "");
  ASSERT_THAT(harness_.sponsors.Erase("ref1"), IsOk());
  EXPECT_EQ(harness_.Backend().GetAgent(Admin(), "buyer")->info.person, "");
}

TEST_F(AgentsTest, ShowsTheRevokedIdentitiesOfThisAgentOnly) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  for (const char* id : {"spiffe://example.org/agent/buyer/1", "spiffe://example.org/agent/buyer",
                         "spiffe://example.org/agent/buyer2/1"}) {
    harness_.registry.DenyNow(id);
  }
  const auto detail = harness_.Backend().GetAgent(Reader(), "buyer");
  ASSERT_THAT(detail, IsOk());
  EXPECT_THAT(detail->revoked, ElementsAre("spiffe://example.org/agent/buyer",
                                           "spiffe://example.org/agent/buyer/1"));
  EXPECT_FALSE(detail->more_revoked);
  EXPECT_THAT(harness_.Backend().GetAgent(Reader(), "seller"), StatusIs(StatusCode::kNotFound));
}

TEST_F(AgentsTest, ShowsAtMostAHundredRevokedIdentities) {
  ASSERT_THAT(Register(Buyer()), IsOk());
  for (int i = 0; i < 101; ++i) {
    harness_.registry.DenyNow("spiffe://example.org/agent/buyer/" + std::to_string(i));
  }
  const auto detail = harness_.Backend().GetAgent(Reader(), "buyer");
  EXPECT_EQ(detail->revoked.size(), 100U);
  EXPECT_TRUE(detail->more_revoked);
}

}  // namespace
}  // namespace svidence::admin
