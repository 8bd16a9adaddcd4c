#include "plugin/core/registry/records.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::registry {
namespace {

using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

const std::string kPolicy = "sha256:" + std::string(64, '5');

TrustRecord SomeTrust() {
  return {.score = 8750,
          .as_of = 1795442400,
          .rule = {.half_life = 86400, .floor = 1000, .hold = 600},
          .policy = kPolicy};
}

SponsorRecord SomeSponsor() {
  return {.ref = "Jx0", .verified = true, .method = "ssh-sk", .until = 1798048800};
}

std::string TrustText(const std::optional<TrustRecord>& trust) {
  std::string text;
  JsonWriter json(text);
  WriteTrust(json, trust);
  return text;
}

std::string SponsorText(const std::optional<SponsorRecord>& sponsor) {
  std::string text;
  JsonWriter json(text);
  WriteSponsor(json, sponsor);
  return text;
}

// The value of the only member of `{"x":<text>}`.
Json ValueOf(const std::string& text) {
  const StatusOr<Json> object = ParseStrictJson("{\"x\":" + text + "}");
  EXPECT_THAT(object, IsOk());
  return object.ok() ? *object->Find("x") : Json();
}

StatusOr<std::optional<TrustRecord>> TrustOf(const std::string& text) {
  const Json value = ValueOf(text);
  return ReadTrust(&value);
}

StatusOr<std::optional<SponsorRecord>> SponsorOf(const std::string& text) {
  const Json value = ValueOf(text);
  return ReadSponsor(&value);
}

struct NameCase {
  const char* name;
  std::string text;
  bool want;
};
class AgentNameTest : public ::testing::TestWithParam<NameCase> {};
TEST_P(AgentNameTest, IsOneOrIsNot) { EXPECT_EQ(IsAgentName(GetParam().text), GetParam().want); }
INSTANTIATE_TEST_SUITE_P(
    All, AgentNameTest,
    ::testing::Values(NameCase{"Word", "buyer", true}, NameCase{"AllKinds", "a-0_.z", true},
                      NameCase{"Longest", std::string(63, 'a'), true},
                      NameCase{"TooLong", std::string(64, 'a'), false},
                      NameCase{"Empty", "", false}, NameCase{"Dot", ".", false},
                      NameCase{"DotDot", "..", false}, NameCase{"UpperCase", "Buyer", false},
                      NameCase{"Slash", "a/b", false}, NameCase{"Space", "a b", false},
                      NameCase{"NotAscii", "\xc3\xa4", false}),
    [](const ::testing::TestParamInfo<NameCase>& test) { return std::string(test.param.name); });

struct IdCase {
  const char* name;
  const char* id;
  const char* prefix;
  bool below;
  const char* agent;
};
class AgentOfIdTest : public ::testing::TestWithParam<IdCase> {};
TEST_P(AgentOfIdTest, IsTheSegmentBehindThePrefix) {
  const StatusOr<SpiffeId> id = SpiffeId::Parse(GetParam().id);
  ASSERT_THAT(id, IsOk());
  EXPECT_EQ(IsBelow(*id, GetParam().prefix), GetParam().below);
  EXPECT_EQ(AgentNameOf(*id, GetParam().prefix), GetParam().agent);
}
INSTANTIATE_TEST_SUITE_P(
    All, AgentOfIdTest,
    ::testing::Values(IdCase{"Agent", "spiffe://td/agent/buyer", "/agent", true, "buyer"},
                      IdCase{"Instance", "spiffe://td/agent/buyer/3f2a", "/agent", true, "buyer"},
                      IdCase{"Deep", "spiffe://td/agent/buyer/a/b/c", "/agent", true, "buyer"},
                      IdCase{"DeepPrefix", "spiffe://td/ai/agents/buyer/1", "/ai/agents", true,
                             "buyer"},
                      IdCase{"PrefixItself", "spiffe://td/agent", "/agent", false, ""},
                      IdCase{"LongerSegment", "spiffe://td/agents/buyer", "/agent", false, ""},
                      IdCase{"Elsewhere", "spiffe://td/web/agent/buyer", "/agent", false, ""},
                      IdCase{"NoPath", "spiffe://td", "/agent", false, ""},
                      IdCase{"NoAgentName", "spiffe://td/agent/Buyer/1", "/agent", true, ""}),
    [](const ::testing::TestParamInfo<IdCase>& test) { return std::string(test.param.name); });

TEST(TrustRecordTest, IsWrittenInTheOrderOfTheFormat) {
  EXPECT_EQ(TrustText(SomeTrust()),
            R"({"score":8750,"as_of":1795442400,"half_life":86400,"floor":1000,"hold":600,)"
            R"("policy":")" +
                kPolicy + R"("})");
}

TEST(TrustRecordTest, IsScoreZeroAndNullsWhereThereIsNone) {
  EXPECT_EQ(TrustText(std::nullopt),
            R"({"score":0,"as_of":null,"half_life":null,"floor":null,"hold":null,"policy":null})");
}

TEST(TrustRecordTest, ReadsWhatItWrote) {
  EXPECT_THAT(TrustOf(TrustText(SomeTrust())), IsOkAndHolds(std::optional(SomeTrust())));
  EXPECT_THAT(TrustOf(TrustText(std::nullopt)), IsOkAndHolds(std::nullopt));
}

TEST(TrustRecordTest, RefusesAMissingMember) {
  EXPECT_THAT(ReadTrust(nullptr), StatusIs(StatusCode::kInvalidArgument));
}

struct BadCase {
  const char* name;
  const char* from;
  const char* to;
};

std::string Replaced(std::string text, const BadCase& bad) {
  const std::size_t at = text.find(bad.from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, std::string(bad.from).size(), bad.to);
}

class BadTrustTest : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadTrustTest, IsRefused) {
  EXPECT_THAT(TrustOf(Replaced(TrustText(SomeTrust()), GetParam())),
              StatusIs(StatusCode::kInvalidArgument));
}
INSTANTIATE_TEST_SUITE_P(
    All, BadTrustTest,
    ::testing::Values(
        BadCase{"ScoreTooHigh", "8750", "10001"}, BadCase{"ScoreLow", "8750", "-1"},
        BadCase{"ScoreText", "8750", "\"8750\""}, BadCase{"ScoreMissing", "\"score\"", "\"store\""},
        BadCase{"ScoreWithoutTime", "1795442400", "null"},
        BadCase{"TimeTooLate", "1795442400", "253402300800"},
        BadCase{"TimeMissing", "\"as_of\"", "\"of\""}, BadCase{"HalfLifeZero", "86400", "0"},
        BadCase{"HalfLifeTooLong", "86400", "315360001"}, BadCase{"FloorTooHigh", "1000", "10001"},
        BadCase{"HoldLow", "600", "-1"}, BadCase{"HoldTooLong", "600", "315360001"},
        BadCase{"PolicyNoDigest", "sha256:", "sha1:"}),
    [](const ::testing::TestParamInfo<BadCase>& test) { return std::string(test.param.name); });

TEST(SponsorRecordTest, IsWrittenInTheOrderOfTheFormat) {
  EXPECT_EQ(SponsorText(SomeSponsor()),
            R"({"ref":"Jx0","verified":true,"method":"ssh-sk","until":1798048800})");
  EXPECT_EQ(SponsorText(std::nullopt), "null");
}

TEST(SponsorRecordTest, ReadsWhatItWrote) {
  SponsorRecord open_ended = SomeSponsor();
  open_ended.until.reset();
  EXPECT_THAT(SponsorOf(SponsorText(SomeSponsor())), IsOkAndHolds(std::optional(SomeSponsor())));
  EXPECT_THAT(SponsorOf(SponsorText(open_ended)), IsOkAndHolds(std::optional(open_ended)));
  EXPECT_THAT(SponsorOf("null"), IsOkAndHolds(std::nullopt));
}

TEST(SponsorRecordTest, RefusesAMissingMember) {
  EXPECT_THAT(ReadSponsor(nullptr), StatusIs(StatusCode::kInvalidArgument));
}

class BadSponsorTest : public ::testing::TestWithParam<BadCase> {};
TEST_P(BadSponsorTest, IsRefused) {
  EXPECT_THAT(SponsorOf(Replaced(SponsorText(SomeSponsor()), GetParam())),
              StatusIs(StatusCode::kInvalidArgument));
}
INSTANTIATE_TEST_SUITE_P(All, BadSponsorTest,
                         ::testing::Values(BadCase{"RefEmpty", "Jx0", ""},
                                           BadCase{"RefMissing", "\"ref\"", "\"r\""},
                                           BadCase{"VerifiedNumber", "true", "1"},
                                           BadCase{"MethodMissing", "\"method\"", "\"m\""},
                                           BadCase{"UntilMissing", "\"until\"", "\"u\""},
                                           BadCase{"UntilNegative", "1798048800", "-1"}),
                         [](const ::testing::TestParamInfo<BadCase>& test) {
                           return std::string(test.param.name);
                         });

}  // namespace
}  // namespace svidence::registry
