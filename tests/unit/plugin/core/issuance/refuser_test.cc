#include "plugin/core/issuance/refuser.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::issuance {
namespace {

class RefuserTest : public ::testing::Test {
 protected:
  // The status of the one answer; OK means: leave the credential as it is.
  Status X509(const std::string& id, const std::string& spki = "a key") {
    std::optional<Status> got;
    refuser_.ComposeX509({.id = *SpiffeId::Parse(id), .spki_der = spki},
                         [&](const StatusOr<std::optional<X509Addition>>& answer) {
                           EXPECT_FALSE(got.has_value());
                           EXPECT_FALSE(answer.ok() && answer->has_value());
                           got = answer.status();
                         });
    return got.value_or(Internal("no answer"));
  }
  Status Jwt(const std::string& id) {
    std::optional<Status> got;
    refuser_.ComposeJwt({.id = *SpiffeId::Parse(id)},
                        [&](const StatusOr<std::optional<JwtAddition>>& answer) {
                          EXPECT_FALSE(got.has_value());
                          EXPECT_FALSE(answer.ok() && answer->has_value());
                          got = answer.status();
                        });
    return got.value_or(Internal("no answer"));
  }

  const Status reason_ = FailedPrecondition("the ledger is shorter than its mark");
  Refuser refuser_{{.trust_domain = "td"}, reason_};
};

TEST_F(RefuserTest, LetsIdsPassThatAreNotLogged) {
  EXPECT_THAT(X509("spiffe://td/web"), testing::IsOk());
  EXPECT_THAT(X509("spiffe://td/for/health/check/only", HealthCheckSpki()), testing::IsOk());
  EXPECT_THAT(Jwt("spiffe://td/web"), testing::IsOk());
}

TEST_F(RefuserTest, GivesItsReasonForIdsThatAreLogged) {
  for (const char* id : {"spiffe://td/agent/buyer", "spiffe://td/svidence/server"}) {
    EXPECT_EQ(X509(id), reason_) << id;
    EXPECT_EQ(Jwt(id), reason_) << id;
  }
}

TEST_F(RefuserTest, RefusesAnotherTrustDomainForWhatItIs) {
  EXPECT_THAT(X509("spiffe://other/web"), testing::StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Jwt("spiffe://other/web"), testing::StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::issuance
