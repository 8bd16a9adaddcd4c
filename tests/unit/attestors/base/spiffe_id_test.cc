#include "attestors/base/spiffe_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;

TEST(SpiffeIdTest, GivesTrustDomainAndPath) {
  const StatusOr<SpiffeId> id = SpiffeId::Parse("spiffe://example.org/agent/buyer/3F_2.a-9");
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(id->trust_domain(), "example.org");
  EXPECT_EQ(id->path(), "/agent/buyer/3F_2.a-9");
  EXPECT_EQ(id->text(), "spiffe://example.org/agent/buyer/3F_2.a-9");
}

TEST(SpiffeIdTest, AcceptsATrustDomainWithoutPath) {
  const StatusOr<SpiffeId> id = SpiffeId::Parse("spiffe://example.org");
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(id->path(), "");
}

TEST(SpiffeIdTest, RefusesWhatTheStandardForbids) {
  const std::string long_domain(kMaxTrustDomainBytes + 1, 'a');
  for (const std::string& text :
       {std::string(), std::string("spiffe:/x"), std::string("http://example.org/a"),
        std::string("SPIFFE://example.org/a"), std::string("spiffe:///a"),
        std::string("spiffe://Example.org/a"), std::string("spiffe://example.org:80/a"),
        std::string("spiffe://user@example.org/a"), std::string("spiffe://example.org/"),
        std::string("spiffe://example.org//a"), std::string("spiffe://example.org/a/"),
        std::string("spiffe://example.org/./a"), std::string("spiffe://example.org/../a"),
        std::string("spiffe://example.org/a?b"), std::string("spiffe://example.org/a#b"),
        std::string("spiffe://example.org/a%2fb"), std::string("spiffe://example.org/\xc3\xa9"),
        std::string("spiffe://example.org/a b"), "spiffe://" + long_domain + "/a"}) {
    EXPECT_THAT(SpiffeId::Parse(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(SpiffeIdTest, BoundsTheLength) {
  const std::string head = "spiffe://example.org/";
  const std::string at_bound = head + std::string(kMaxSpiffeIdBytes - head.size(), 'a');
  EXPECT_THAT(SpiffeId::Parse(at_bound), IsOk());
  EXPECT_THAT(SpiffeId::Parse(at_bound + "a"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(CheckTrustDomainTest, BoundsTheLength) {
  EXPECT_THAT(CheckTrustDomain(std::string(kMaxTrustDomainBytes, 'a')), IsOk());
  EXPECT_THAT(CheckTrustDomain(std::string(kMaxTrustDomainBytes + 1, 'a')),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence
