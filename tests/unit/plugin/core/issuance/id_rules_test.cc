#include "plugin/core/issuance/id_rules.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "tests/support/status_matchers.h"

namespace svidence::issuance {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(HealthCheckSpkiTest, IsTheKeyThatSpireUses) {
  EXPECT_EQ(Base64Encode(BytesOf(HealthCheckSpki())),
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzLY1/SRlsMJExTnuvzBO292RjGjU3L8jFRtmQl0CjBeHdxUlGK"
            "1OkNLDYh0b6AW4siWt+y+DcbUAWNb14e5zWg==");
}

struct Case {
  const char* name;
  const char* id;
  const char* prefix;
  bool with_health_key;
  IdClass want;
};

class ClassifyTest : public ::testing::TestWithParam<Case> {};

TEST_P(ClassifyTest, GivesTheRule) {
  const IdRules rules{.trust_domain = "td", .agent_prefix = GetParam().prefix};
  const StatusOr<SpiffeId> id = SpiffeId::Parse(GetParam().id);
  ASSERT_THAT(id, testing::IsOk());
  EXPECT_THAT(rules.Classify(*id, GetParam().with_health_key ? HealthCheckSpki() : "another key"),
              IsOkAndHolds(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    All, ClassifyTest,
    ::testing::Values(
        Case{"Agent", "spiffe://td/agent/buyer/1", "/agent", false, IdClass::kAgent},
        Case{"AgentOfNoName", "spiffe://td/agent/UPPER", "/agent", false, IdClass::kAgent},
        Case{"PrefixItself", "spiffe://td/agent", "/agent", false, IdClass::kOutside},
        Case{"LooksLikePrefix", "spiffe://td/agents/x", "/agent", false, IdClass::kOutside},
        Case{"Web", "spiffe://td/web", "/agent", false, IdClass::kOutside},
        Case{"NoPath", "spiffe://td", "/agent", false, IdClass::kOutside},
        Case{"Node", "spiffe://td/svidence/node/0", "/agent", false, IdClass::kInfrastructure},
        Case{"SpireServer", "spiffe://td/spire/server", "/agent", false, IdClass::kOutside},
        Case{"HealthCheck", "spiffe://td/for/health/check/only", "/agent", true,
             IdClass::kHealthCheck},
        Case{"HealthCheckBelowPrefix", "spiffe://td/for/health/check/only", "/for", true,
             IdClass::kHealthCheck},
        Case{"HealthIdWithAnotherKey", "spiffe://td/for/health/check/only", "/for", false,
             IdClass::kAgent},
        Case{"HealthKeyOfAnotherId", "spiffe://td/agent/buyer", "/agent", true, IdClass::kAgent}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

TEST(ClassifyKeylessTest, NeverTakesAJwtForTheHealthCheck) {
  IdRules rules{.trust_domain = "td", .agent_prefix = "/for"};
  const SpiffeId id = *SpiffeId::Parse("spiffe://td/for/health/check/only");
  EXPECT_THAT(rules.Classify(id, {}), IsOkAndHolds(IdClass::kAgent));
  rules.health_check_spki.clear();
  EXPECT_THAT(rules.Classify(id, {}), IsOkAndHolds(IdClass::kAgent));
}

TEST(ClassifyDomainTest, RefusesAnotherTrustDomain) {
  const IdRules rules{.trust_domain = "td"};
  EXPECT_THAT(rules.Classify(*SpiffeId::Parse("spiffe://tdx/agent/buyer"), {}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(IsLoggedTest, HoldsForAgentsAndInfrastructureOnly) {
  EXPECT_TRUE(IsLogged(IdClass::kAgent));
  EXPECT_TRUE(IsLogged(IdClass::kInfrastructure));
  EXPECT_FALSE(IsLogged(IdClass::kOutside));
  EXPECT_FALSE(IsLogged(IdClass::kHealthCheck));
}

}  // namespace
}  // namespace svidence::issuance
