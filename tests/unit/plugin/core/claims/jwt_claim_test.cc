#include "plugin/core/claims/jwt_claim.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/json.h"
#include "tests/support/status_matchers.h"

namespace svidence::claims {
namespace {

using ::testing::HasSubstr;

const std::string kPolicy = "sha256:" + std::string(64, '5');
constexpr const char* kEntry = R"({"v":1,"note":"\u000a\\"})";

Issuance Registered() {
  return {
      .now = 1795456800,
      .trust = registry::TrustRecord{.score = 8799,
                                     .as_of = 1795442400,
                                     .rule = {.half_life = 315360000, .floor = 1000, .hold = 600},
                                     .policy = kPolicy},
      .sponsor =
          registry::SponsorRecord{
              .ref = "Jx0", .verified = true, .method = "ssh-sk", .until = 1798048800},
      .scope = 3};
}

TEST(JwtClaimTest, CopiesReadableMembersInFrontOfTheEntry) {
  EXPECT_EQ(JwtClaim(Registered(), "buyer", kEntry, "p\n"),
            R"({"v":1,"trust_score":87,"scope":3,)"
            R"("human_sponsor":{"ref":"Jx0","verified":true,"method":"ssh-sk",)"
            R"("until":"2026-12-23T18:00:00Z"},)"
            R"("trust":{"score":8799,"as_of":"2026-11-23T14:00:00Z","half_life":"315360000s",)"
            R"("floor":1000,"hold":"600s","policy":")" +
                kPolicy +
                R"("},"agent":"buyer","entry":"{\"v\":1,\"note\":\"\\u000a\\\\\"}",)"
                R"("proof":"p\u000a"})");
}

TEST(JwtClaimTest, SaysNullAndZeroOfAnAgentThatNobodyRegistered) {
  EXPECT_EQ(JwtClaim({.now = 1795456801}, "", "{}", std::nullopt),
            R"({"v":1,"trust_score":0,"scope":0,"human_sponsor":null,)"
            R"("trust":{"score":0,"as_of":null,"half_life":null,"floor":null,"hold":null,)"
            R"("policy":null},"agent":null,"entry":"{}"})");
}

TEST(JwtClaimTest, SaysNullForASponsorWithoutEnd) {
  Issuance issuance = Registered();
  issuance.sponsor->until.reset();
  EXPECT_THAT(JwtClaim(issuance, "buyer", "{}", std::nullopt), HasSubstr(R"("until":null})"));
}

TEST(JwtClaimTest, GivesTheEntryBackByteForByte) {
  const StatusOr<Json> claim = ParseStrictJson(JwtClaim(Registered(), "buyer", kEntry, "p\n"));
  ASSERT_THAT(claim, testing::IsOk());
  EXPECT_EQ(*claim->Find("entry")->text(), kEntry);
  EXPECT_EQ(*claim->Find("proof")->text(), "p\n");
}

// The largest number in `value`, however deep.
std::int64_t LargestNumber(const Json& value) {
  std::int64_t largest = 0;
  std::vector<const Json*> left = {&value};
  while (!left.empty()) {
    const Json& next = *left.back();
    left.pop_back();
    if (next.integer() != nullptr) largest = std::max(largest, *next.integer());
    if (next.object() == nullptr) continue;
    for (const auto& [key, member] : *next.object()) left.push_back(&member);
  }
  return largest;
}

TEST(JwtClaimTest, HoldsNoNumberThatSpireWouldPrintWithAnExponent) {
  Issuance issuance = Registered();
  issuance.trust->as_of = 253402300799;
  issuance.trust->score = trust::kMaxScore;
  issuance.trust->rule = {
      .half_life = trust::kMaxHalfLife, .floor = trust::kMaxScore, .hold = trust::kMaxHold};
  issuance.sponsor->until = 253402300799;
  const StatusOr<Json> claim = ParseStrictJson(JwtClaim(issuance, "buyer", "{}", std::nullopt));
  ASSERT_THAT(claim, testing::IsOk());
  EXPECT_LT(LargestNumber(*claim), 1000000);
}

}  // namespace
}  // namespace svidence::claims
