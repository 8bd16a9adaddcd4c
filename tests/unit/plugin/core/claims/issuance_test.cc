#include "plugin/core/claims/issuance.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/hasher.h"
#include "plugin/core/ledger/entry.h"
#include "tests/support/fake_hasher.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::claims {
namespace {

const std::string kPolicy =
    "sha256:02613060799e7714525674d8fe7eae221f2811219cca998a18a02b0e4f27d905";

Issuance Registered() {
  return {.now = 1795456800,
          .trust = registry::TrustRecord{.score = 7000,
                                         .as_of = 1795442400,
                                         .rule = {.half_life = 86400, .floor = 1000, .hold = 0},
                                         .policy = kPolicy},
          .sponsor = registry::SponsorRecord{.ref = "Jx0zAb3kQm5tYw8Lr2VnSg",
                                             .verified = false,
                                             .method = "none",
                                             .until = std::nullopt},
          .scope = 3};
}

Digest SpkiOfGolden() {
  return *ParseDigestText(
      "sha256:45040a482e82146fd3c86377c30fd5ed88f65c4c0f10e9bdf3ec50837a38ea2b");
}

// The golden entries were written by another program.
std::string MembersOfGolden(const std::string& name) {
  const StatusOr<ledger::Entry> entry =
      ledger::ParseEntry(testing::ReadGolden("claims/" + name + ".entry"));
  EXPECT_THAT(entry, testing::IsOk());
  return entry.ok() ? entry->members : "";
}

TEST(X509MembersTest, AreThoseOfTheGoldenEntryOfARegisteredAgent) {
  EXPECT_EQ(X509Members(Registered(), SpkiOfGolden()), MembersOfGolden("registered"));
}

TEST(X509MembersTest, AreThoseOfTheGoldenEntryOfAnUnknownAgent) {
  EXPECT_EQ(X509Members({.now = 1795456801}, SpkiOfGolden()), MembersOfGolden("unregistered"));
}

TEST(X509MembersTest, CarryEvidenceStatusAndCapWhereTheyAreKnown) {
  Issuance issuance{.now = 1};
  issuance.evidence = {"exe:sha256:00", "a \"quoted\" one"};
  issuance.status = StatusReference{.list = 7, .index = 123456};
  issuance.not_after_cap = 99;
  const std::string members = X509Members(issuance, Digest{});
  const std::string end =
      R"("evidence":["exe:sha256:00","a \"quoted\" one"],"status":{"list":7,"idx":123456},)"
      R"("not_after_cap":99)";
  ASSERT_GT(members.size(), end.size());
  EXPECT_EQ(members.substr(members.size() - end.size()), end);
}

TEST(JwtMembersTest, BindAudienceTimesAndIdInsteadOfAKey) {
  const JwtBinding binding{
      .audience = SpkiOfGolden(), .issued_at = 1795456800, .expires_at = 1795457100, .jti = "a\"b"};
  const std::string golden = MembersOfGolden("registered");
  std::string want = R"("now":1795456800,"aud":")" + DigestText(SpkiOfGolden()) +
                     R"(","iat":1795456800,"exp":1795457100,"jti":"a\"b")";
  want += golden.substr(golden.find(R"(,"trust":)"));
  EXPECT_EQ(JwtMembers(Registered(), binding), want);
}

struct AudienceCase {
  const char* name;
  std::vector<std::string> audience;
  const char* want;
};

class AudienceDigestTest : public ::testing::TestWithParam<AudienceCase> {};

TEST_P(AudienceDigestTest, IsTheKnownAnswer) {
  const StatusOr<openssl::OpenSslHasher> hasher = openssl::OpenSslHasher::Create();
  ASSERT_THAT(hasher, testing::IsOk());
  EXPECT_EQ(HexEncode(AudienceDigest(*hasher, GetParam().audience)), GetParam().want);
}

// Computed with Python's hashlib and struct.
INSTANTIATE_TEST_SUITE_P(
    KnownAnswers, AudienceDigestTest,
    ::testing::Values(
        AudienceCase{"One",
                     {"spiffe://example.org/ledger"},
                     "8b41e591a09a2ad76071eef84234f5a4f54f2148c3e6a315881e087d3e43d524"},
        AudienceCase{"Two",
                     {"spiffe://example.org/ledger", "api"},
                     "2a8d16ec914d301ac7eb9309aa7197f1aafaf6fac80030371cf1429e0e89fb27"},
        AudienceCase{"TwoInOtherOrder",
                     {"api", "spiffe://example.org/ledger"},
                     "2a8d16ec914d301ac7eb9309aa7197f1aafaf6fac80030371cf1429e0e89fb27"},
        AudienceCase{
            "None", {}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        AudienceCase{"Twice",
                     {"a", "a"},
                     "f8ae57f823c55f3429809de577cb2724fc793240b602a2342b799c66690bc049"},
        AudienceCase{
            "Joined", {"ab"}, "d2f295bb8c9d190af78252b52741eb32ccfbe1fc59942d13af20a763f619670e"},
        AudienceCase{"Apart",
                     {"b", "a"},
                     "16275ef0f5d0eb9dd9e0a53277549fda5c886358a6872df23c797b13e11455bc"}),
    [](const ::testing::TestParamInfo<AudienceCase>& test) {
      return std::string(test.param.name);
    });

TEST(AudienceDigestLengthTest, TellsApartWhatOnlyLengthsTellApart) {
  const testing::FakeHasher hasher;
  const std::string inner("\0\0\0\1b", 5);
  EXPECT_NE(AudienceDigest(hasher, {"a", "b"}), AudienceDigest(hasher, {"a" + inner}));
}

}  // namespace
}  // namespace svidence::claims
