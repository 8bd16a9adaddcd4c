#include "plugin/core/claims/jwt_payload.h"

#include <string>

#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "tests/support/status_matchers.h"

namespace svidence::claims {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Token(std::string_view payload) {
  return "e30." + Base64UrlEncode(BytesOf(payload)) + ".c2ln";
}

StatusOr<JwtPayload> Read(std::string_view payload) {
  return ReadJwtPayload(Token(payload), "svidence");
}

TEST(JwtPayloadTest, ReadsWhatSpireWrites) {
  const StatusOr<JwtPayload> read = Read(
      R"({"sub":"spiffe://example.org/agent/a","aud":["x","y"],"iat":1.7954568e+09,"exp":1795457100,)"
      R"("jti":"j","svidence":{"trust_score":7e1,"scope":3,"agent":"a","entry":"{}","proof":"p"}})");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->subject, "spiffe://example.org/agent/a");
  EXPECT_THAT(read->audience, ElementsAre("x", "y"));
  EXPECT_EQ(read->issued_at, 1795456800);
  EXPECT_EQ(read->expires_at, 1795457100);
  EXPECT_EQ(read->jti, "j");
  ASSERT_TRUE(read->record);
  EXPECT_EQ(read->record->trust_score, 70);
  EXPECT_EQ(read->record->scope, 3);
  EXPECT_EQ(read->record->agent, "a");
  EXPECT_EQ(read->record->entry, "{}");
  EXPECT_FALSE(read->record->proof.empty());
}

TEST(JwtPayloadTest, TakesOneAudienceAsAListOfOneAndMissingMembersAsNone) {
  const StatusOr<JwtPayload> read = Read(R"({"aud":"x"})");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->audience, ElementsAre("x"));
  EXPECT_FALSE(read->issued_at);
  EXPECT_FALSE(read->record);
}

struct Case {
  std::string name;
  std::string token;
  std::string wants;
};

class JwtPayloadErrorTest : public ::testing::TestWithParam<Case> {};

TEST_P(JwtPayloadErrorTest, IsRefusedWithItsReason) {
  const StatusOr<JwtPayload> read = ReadJwtPayload(GetParam().token, "svidence");
  ASSERT_THAT(read, StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(read.status()), HasSubstr(GetParam().wants));
}

INSTANTIATE_TEST_SUITE_P(
    Table, JwtPayloadErrorTest,
    ::testing::Values(
        Case{"Empty", "", "three parts"}, Case{"TwoParts", "a.b", "three parts"},
        Case{"FourParts", "a.b.c.d", "three parts"},
        Case{"TooLong", std::string(kMaxTokenBytes + 1, 'a'), "at most 65536 bytes, got 65537"},
        Case{"NotBase64", "a.*.c", "payload"}, Case{"NotJson", Token("{"), "not a JSON object"},
        Case{"NotAnObject", Token("[]"), "not a JSON object"},
        Case{"SubjectANumber", Token(R"({"sub":1})"), "\"sub\" must be a string"},
        Case{"AudienceANumber", Token(R"({"aud":1})"), "\"aud\" must be"},
        Case{"AudienceOfNumbers", Token(R"({"aud":[1]})"), "\"aud\" must be"},
        Case{"FractionOfASecond", Token(R"({"iat":1.5})"), "\"iat\" must be a whole"},
        Case{"TimeBeyondDoubles", Token(R"({"exp":9007199254740992})"), "\"exp\" must be a whole"},
        Case{"ClaimAText", Token(R"({"svidence":"x"})"), "\"svidence\" must be an object"},
        Case{"EntryANumber", Token(R"({"svidence":{"entry":1}})"), "\"entry\" must be a string"}),
    [](const auto& test) { return test.param.name; });

TEST(JwtPayloadTest, ReadsAsManyAudiencesAsItsBoundAndNotOneMore) {
  std::string list = "\"a\"";
  for (std::size_t i = 1; i < kMaxAudiences; ++i) list += ",\"a\"";
  EXPECT_THAT(Read("{\"aud\":[" + list + "]}"), IsOk());
  EXPECT_THAT(Read("{\"aud\":[" + list + ",\"a\"]}"), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace svidence::claims
