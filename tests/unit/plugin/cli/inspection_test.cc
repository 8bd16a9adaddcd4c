#include "plugin/cli/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/encoding.h"
#include "tests/support/golden.h"
#include "tests/unit/plugin/cli/cli_harness.h"

namespace svidence::cli {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string name;
  std::string file;
  int exit_code;
  std::string wants;
};

class InspectTest : public ::testing::TestWithParam<Case> {};

TEST_P(InspectTest, ShowsWhatTheCredentialSaysAndWhetherItFits) {
  CliHarness cli;
  cli.files["f"] = testing::ReadGolden("svid/" + GetParam().file);
  EXPECT_EQ(cli.Run({"inspect", "f"}), GetParam().exit_code) << cli.err.str();
  EXPECT_THAT(cli.out.str(), HasSubstr(GetParam().wants));
  EXPECT_THAT(cli.out.str(), HasSubstr("No signature was verified"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, InspectTest,
    ::testing::Values(
        Case{"Svid", "svid.pem", 0, "70.00 at 2026-11-23T14:00:00Z"},
        Case{"Sponsor", "svid.pem", 0, "Jx0zAb3kQm5tYw8Lr2VnSg (unverified, method none)"},
        Case{"Entry", "svid.pem", 0, "42, issue.x509 by server:a"},
        Case{"OtherKey", "other_key.pem", 1, "spki          WRONG"},
        Case{"OtherSubject", "other_subject.pem", 1, "subject       WRONG"},
        Case{"OtherTime", "other_time.pem", 1, "differs by 3601 s, at most 60 s allowed"},
        Case{"NoExtension", "plain.pem", 1, "NONE: the certificate has no extension"},
        Case{"Jwt", "svid.jwt", 0, "trust_score  ok"}),
    [](const auto& test) { return test.param.name; });

TEST(InspectJsonTest, SaysOkAndThatNothingWasVerified) {
  CliHarness cli;
  cli.files["f"] = testing::ReadGolden("svid/svid.pem");
  EXPECT_EQ(cli.Run({"inspect", "f", "--output", "json"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("\"signatures_verified\":false,\"ok\":true"));
  EXPECT_EQ(cli.Run({"inspect", "f", "--oid", "1.2.3"}), 1);
  EXPECT_THAT(cli.out.str(), HasSubstr("give it by --oid"));
}

TEST(InspectGarbageTest, IsAnErrorThatNamesTheForms) {
  CliHarness cli;
  for (const std::string& bytes : {std::string(), std::string("x"), std::string("\x30\x80", 2),
                                   std::string("-----BEGIN CERTIFICATE-----\nAAAA\n")}) {
    cli.files["f"] = bytes;
    EXPECT_EQ(cli.Run({"inspect", "f"}), 2);
    EXPECT_THAT(cli.err.str(), HasSubstr("svidence: inspecting \"f\""));
  }
}

TEST(InspectJwtTest, FindsEveryChangedClaim) {
  // Every change of a claim that binds, by hand: the token is not signed.
  CliHarness cli;
  const std::string token = testing::ReadGolden("svid/svid.jwt");
  const std::size_t dot = token.find('.');
  const std::size_t end = token.find('.', dot + 1);
  const std::string payload = *Base64UrlDecode(token.substr(dot + 1, end - dot - 1));
  const std::vector<std::pair<std::string, std::string>> changes{
      {"\"sub\": \"spiffe://example.org/agent/buyer",
       "\"sub\": \"spiffe://example.org/agent/rogue"},
      {"\"aud\": [\"spiffe://example.org/ledger\"]", "\"aud\": [\"other\"]"},
      {"\"iat\": 1795456800", "\"iat\": 1795456801"},
      {"\"exp\": 1795457100", "\"exp\": 1795457101"},
      {"\"jti\": \"Zk3\"", "\"jti\": \"Zk4\""},
      {"\"trust_score\": 70", "\"trust_score\": 71"},
      {"\"scope\": 3", "\"scope\": 4"},
      {"\"agent\": \"buyer\"", "\"agent\": \"seller\""}};
  for (const auto& [from, to] : changes) {
    std::string changed = payload;
    const std::size_t at = changed.find(from);
    ASSERT_NE(at, changed.npos) << from;
    changed.replace(at, from.size(), to);
    cli.files["f"] = "e30." + Base64UrlEncode(BytesOf(changed)) + ".c2ln";
    EXPECT_EQ(cli.Run({"inspect", "f"}), 1) << to;
    EXPECT_THAT(cli.out.str(), HasSubstr("WRONG")) << to;
  }
}

}  // namespace
}  // namespace svidence::cli
