#include "plugin/core/config/server_settings.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Parsed<ServerSettings> Parse(std::string_view hcl, const ServerEnvironment& environment = {}) {
  return ParseServerSettings(hcl, "example.org", environment);
}

// A valid text with one more line.
Parsed<ServerSettings> ParseWith(const std::string& line) {
  return Parse("ledger_dir = \"/l\"\n" + line);
}

TEST(ServerSettingsTest, NeedsOnlyTheLedgersDirectory) {
  const Parsed<ServerSettings> parsed = Parse(R"(ledger_dir = "/var/lib/svidence/ledger")");
  ASSERT_THAT(parsed.notes, IsEmpty());
  ServerSettings want;
  want.trust_domain = "example.org";
  want.ledger_dir = "/var/lib/svidence/ledger";
  want.mark_dir = "/var/lib/svidence/ledger-mark";
  want.log_key = "/var/lib/svidence/ledger/log.key";
  want.runtime_dir = "/run/svidence";
  want.spire_server_socket = "/tmp/spire-server/private/api.sock";
  want.agent_prefix = "/agent";
  want.server_id = "a";
  want.oid = "1.2.840.113556.1.8000.2554.42296.28774.52552.20099.37652.8575393.7771985";
  want.jwt_claim = "svidence";
  want.log_level = "info";
  want.append_timeout = seconds(5);
  want.trust = {.score = 7000, .rule = {.half_life = 86400, .floor = 1000, .hold = 0}};
  EXPECT_EQ(*parsed.settings, want);
}

TEST(ServerSettingsTest, ReadsEveryKey) {
  const Parsed<ServerSettings> parsed = Parse(R"(
    ledger_dir = "/l/"
    mark_dir = "/m"
    log_key = "/k/log.key"
    proof = "optional"
    runtime_dir = "/r"
    spire_server_socket = "/s.sock"
    agent_prefix = "/ai/agents"
    enrolment = "manual"
    unregistered = "deny"
    allow_unsigned = true
    oid = "2.999.5"
    allow_documentation_oid = true
    jwt_claim = "https://example.org/svidence"
    server_id = "eu-1"
    append_timeout = "250ms"
    log_level = "debug"
    trust { score = 60 half_life = "90m" hold = "1h" floor = 0 }
    metrics { listen = "127.0.0.1:9988" })");
  ASSERT_THAT(parsed.notes, IsEmpty());
  ServerSettings want;
  want.trust_domain = "example.org";
  want.ledger_dir = "/l";
  want.mark_dir = "/m";
  want.log_key = "/k/log.key";
  want.runtime_dir = "/r";
  want.spire_server_socket = "/s.sock";
  want.agent_prefix = "/ai/agents";
  want.deny_unregistered = true;
  want.proof_optional = true;
  want.allow_unsigned = true;
  want.oid = "2.999.5";
  want.allow_documentation_oid = true;
  want.jwt_claim = "https://example.org/svidence";
  want.server_id = "eu-1";
  want.append_timeout = milliseconds(250);
  want.log_level = "debug";
  want.trust = {.score = 6000, .rule = {.half_life = 5400, .floor = 0, .hold = 3600}};
  want.metrics = ListenAddress{.unix_path = "", .host = "127.0.0.1", .port = 9988};
  EXPECT_EQ(*parsed.settings, want);
}

TEST(ServerSettingsTest, ReadsWhatSpireReprintsOfAJsonFile) {
  const Parsed<ServerSettings> parsed =
      Parse("\"ledger_dir\" = \"/l\"\n\n\"trust\" = {\n  \"score\" = 50\n}");
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_EQ(parsed.settings->trust.score, 5000);
}

TEST(ServerSettingsTest, SaysWhatIsRequired) {
  const Parsed<ServerSettings> parsed = Parse("");
  EXPECT_FALSE(parsed.settings);
  EXPECT_THAT(parsed.notes, ElementsAre("1:1: ledger_dir: required: the directory that holds the "
                                        "ledger, such as \"/var/lib/svidence/ledger\""));
}

TEST(ServerSettingsTest, NotesEveryProblemAtOnceInTheOrderOfTheText) {
  const Parsed<ServerSettings> parsed = Parse(
      "ledger_dir = \"l\"\nserver_id = \"A\"\ntrust {\n  score = 71\n}\nledgerdir = \"/l\"\n");
  EXPECT_FALSE(parsed.settings);
  EXPECT_THAT(parsed.notes,
              ElementsAre(R"(1:14: ledger_dir: a path must be absolute, got "l")",
                          R"(2:13: server_id: must be 1..32 of a-z, 0-9 and "-", got "A")",
                          "4:11: trust.score: must be in 0..70, got 71",
                          R"(6:1: ledgerdir: unknown key; did you mean "ledger_dir"?)"));
}

TEST(ServerSettingsTest, SaysOnlyWhatCannotBeReadIfSo) {
  EXPECT_THAT(Parse("server_id = \"A\"\ntrust { score = }").notes,
              ElementsAre(R"(2:17: trust.score: expected a value, got "}")"));
}

TEST(ServerSettingsTest, RefusesATrustDomainThatIsNone) {
  const Parsed<ServerSettings> parsed =
      ParseServerSettings("ledger_dir = \"/l\"", "spiffe://example.org", {});
  EXPECT_FALSE(parsed.settings);
  ASSERT_EQ(parsed.notes.size(), 1U);
  EXPECT_THAT(parsed.notes[0], HasSubstr("1:1: "));
  EXPECT_THAT(parsed.notes[0], HasSubstr("trust domain"));
}

struct RuntimeDirCase {
  std::string name;
  ServerEnvironment environment;
  std::string want;
};

class RuntimeDirTest : public ::testing::TestWithParam<RuntimeDirCase> {};

TEST_P(RuntimeDirTest, ComesFromTheEnvironmentUnlessSet) {
  const Parsed<ServerSettings> parsed = Parse("ledger_dir = \"/l\"", GetParam().environment);
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_EQ(parsed.settings->runtime_dir, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    All, RuntimeDirTest,
    ::testing::Values(RuntimeDirCase{"Neither", {}, "/run/svidence"},
                      RuntimeDirCase{"Systemd", {"/run/a", "/run/user/0"}, "/run/a"},
                      RuntimeDirCase{"FirstOfSystemds", {"/run/a:/run/b", ""}, "/run/a"},
                      RuntimeDirCase{"Xdg", {"", "/run/user/1000"}, "/run/user/1000/svidence"}),
    [](const auto& test) { return test.param.name; });

TEST(ServerSettingsTest, IgnoresTheEnvironmentIfRuntimeDirIsSet) {
  const Parsed<ServerSettings> parsed =
      Parse("ledger_dir = \"/l\"\nruntime_dir = \"/r\"", {"bad", "bad"});
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_EQ(parsed.settings->runtime_dir, "/r");
}

TEST(ServerSettingsTest, TheEnvironmentSaysWhereTheKeyIsUnlessTheSettingDoes) {
  ServerEnvironment environment;
  environment.log_key = "/run/credentials/log.key";
  EXPECT_EQ(Parse("ledger_dir = \"/l\"", environment).settings->log_key, environment.log_key);
  EXPECT_EQ(Parse("ledger_dir = \"/l\"\nlog_key = \"/k\"", environment).settings->log_key, "/k");
  environment.log_key = "-----BEGIN PRIVATE KEY-----";
  const Parsed<ServerSettings> parsed = Parse("ledger_dir = \"/l\"", environment);
  ASSERT_EQ(parsed.notes.size(), 1U);
  EXPECT_THAT(parsed.notes[0], HasSubstr("the environment variable SVIDENCE_LOG_KEY"));
  EXPECT_THAT(Parse("ledger_dir = \"/l\"\nlog_key = \"/k\"", environment).notes, IsEmpty());
}

TEST(ServerSettingsTest, NamesTheVariableThatHoldsNoPath) {
  EXPECT_THAT(Parse("ledger_dir = \"/l\"", {"", "tmp"}).notes,
              ElementsAre("1:1: runtime_dir: taken from the environment variable XDG_RUNTIME_DIR; "
                          "set runtime_dir: a path must be absolute, got \"tmp/svidence\""));
}

TEST(ServerSettingsTest, LeavesRoomForASocketInRuntimeDir) {
  const std::string longest = "/" + std::string(95, 'r');
  EXPECT_THAT(ParseWith("runtime_dir = \"" + longest + "\"").notes, IsEmpty());
  EXPECT_THAT(ParseWith("runtime_dir = \"" + longest + "r\"").notes,
              ElementsAre("2:15: runtime_dir: a path may have at most 96 bytes here, got 97"));
}

struct LineCase {
  std::string name;
  std::string line;
  std::string note;  // part of the only note; empty: none
};

class ServerLineTest : public ::testing::TestWithParam<LineCase> {};

TEST_P(ServerLineTest, IsTakenOrNoted) {
  const Parsed<ServerSettings> parsed = ParseWith(GetParam().line);
  EXPECT_EQ(parsed.settings.has_value(), GetParam().note.empty());
  if (GetParam().note.empty()) {
    EXPECT_THAT(parsed.notes, IsEmpty());
  } else {
    EXPECT_THAT(parsed.notes, ElementsAre(HasSubstr(GetParam().note)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Paths, ServerLineTest,
    ::testing::Values(
        LineCase{"MarkIsLedger", "mark_dir = \"/l\"", "mark_dir: must lie outside ledger_dir"},
        LineCase{"MarkBelowLedger", "mark_dir = \"/l/m\"", "must lie outside ledger_dir"},
        LineCase{"MarkBesideLedger", "mark_dir = \"/lm\"", ""},
        LineCase{"RelativeKey", "log_key = \"k\"", "log_key: a path must be absolute"},
        LineCase{"KeyInAgent",
                 "log_key = \"ssh-agent:/run/a.sock#SHA256:" + std::string(43, 'A') + "\"", ""},
        LineCase{"KeyInAgentWithoutFingerprint", "log_key = \"ssh-agent:/run/a.sock\"",
                 "log_key: a key in an agent must be"},
        LineCase{"ProofOfNoKind", "proof = \"maybe\"", "proof: "},
        LineCase{"LongestSocket", "spire_server_socket = \"/" + std::string(106, 's') + "\"", ""},
        LineCase{"SocketTooLong", "spire_server_socket = \"/" + std::string(107, 's') + "\"",
                 "at most 107 bytes here, got 108"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Names, ServerLineTest,
    ::testing::Values(
        LineCase{"LongestPrefix", "agent_prefix = \"/" + std::string(127, 'a') + "\"", ""},
        LineCase{"PrefixTooLong", "agent_prefix = \"/" + std::string(128, 'a') + "\"",
                 "at most 128 bytes, got 129"},
        LineCase{"PrefixIsRoot", "agent_prefix = \"/\"", "below \"/\""},
        LineCase{"PrefixIsEmpty", "agent_prefix = \"\"", "below \"/\""},
        LineCase{"PrefixIsRelative", "agent_prefix = \"agent\"", "below \"/\""},
        LineCase{"PrefixIsSpires", "agent_prefix = \"/spire\"", "reserved"},
        LineCase{"PrefixBelowSpires", "agent_prefix = \"/spire/agent\"", "reserved"},
        LineCase{"PrefixIsOurs", "agent_prefix = \"/svidence\"", "reserved"},
        LineCase{"PrefixBelowOurs", "agent_prefix = \"/svidence/x\"", "reserved"},
        LineCase{"PrefixBesideOurs", "agent_prefix = \"/svidences\"", ""},
        LineCase{"PrefixEndsWithSlash", "agent_prefix = \"/agent/\"", "trailing slash"},
        LineCase{"PrefixHasDots", "agent_prefix = \"/agent/..\"", "segments"},
        LineCase{"PrefixHasSpace", "agent_prefix = \"/a b\"", "segments"},
        LineCase{"LongestServerId", "server_id = \"" + std::string(32, 'a') + "\"", ""},
        LineCase{"ServerIdTooLong", "server_id = \"" + std::string(33, 'a') + "\"", "1..32"},
        LineCase{"ServerIdEmpty", "server_id = \"\"", "1..32"},
        LineCase{"ServerIdUnderscore", "server_id = \"a_b\"", "1..32"},
        LineCase{"LongestClaim", "jwt_claim = \"" + std::string(64, 'a') + "\"", ""},
        LineCase{"ClaimTooLong", "jwt_claim = \"" + std::string(65, 'a') + "\"", "1..64"},
        LineCase{"ClaimEmpty", "jwt_claim = \"\"", "1..64"},
        LineCase{"ClaimIsSubject", "jwt_claim = \"sub\"", "registered claim"},
        LineCase{"ClaimIsConfirmation", "jwt_claim = \"cnf\"", "registered claim"},
        LineCase{"ClaimWithQuote", R"(jwt_claim = "a\"")", "1..64"},
        LineCase{"OidWithLargeArc", "oid = \"2.25.2147483648\"", "oid: an arc must be at most"},
        LineCase{"DocumentationOid", "oid = \"2.999.1\"", "allow_documentation_oid = true"},
        LineCase{"DocumentationOidAllowed", "oid = \"2.999.1\" allow_documentation_oid = true",
                 ""}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Policy, ServerLineTest,
    ::testing::Values(
        LineCase{"Enrolment", "enrolment = \"auto\"", R"(must be one of "manual", got "auto")"},
        LineCase{"Unregistered", "unregistered = \"allow\"", R"("score_zero", "deny")"},
        LineCase{"LogLevel", "log_level = \"trace\"", R"("debug", "info", "warn", "error")"},
        LineCase{"ShortestTimeout", "append_timeout = \"100ms\"", ""},
        LineCase{"TimeoutTooShort", "append_timeout = \"99ms\"", "in 100ms..25s, got 99ms"},
        LineCase{"LongestTimeout", "append_timeout = \"25s\"", ""},
        LineCase{"TimeoutTooLong", "append_timeout = \"25s1ms\"", "in 100ms..25s"},
        LineCase{"HighestScore", "trust { score = 70 }", ""},
        LineCase{"ScoreTooHigh", "trust { score = 71 }", "0..70, got 71"},
        LineCase{"LowestScore", "trust { score = 0 }", ""},
        LineCase{"ScoreNegative", "trust { score = -1 }", "0..70, got -1"},
        LineCase{"FloorAtScore", "trust { score = 20 floor = 20 }", ""},
        LineCase{"FloorAboveScore", "trust { score = 20 floor = 21 }",
                 "must not be above the score 20, got 21"},
        LineCase{"ShortestHalfLife", "trust { half_life = \"1s\" }", ""},
        LineCase{"HalfLifeZero", "trust { half_life = \"0s\" }", "in 1s..87600h, got 0s"},
        LineCase{"LongestHalfLife", "trust { half_life = \"87600h\" }", ""},
        LineCase{"HalfLifeTooLong", "trust { half_life = \"87600h1s\" }", "in 1s..87600h"},
        LineCase{"HalfLifeNotWhole", "trust { half_life = \"1s500ms\" }",
                 "whole seconds, got 1s500ms"},
        LineCase{"LongestHold", "trust { hold = \"87600h\" }", ""},
        LineCase{"HoldTooLong", "trust { hold = \"87601h\" }", "in 0s..87600h"},
        LineCase{"EmptyTrust", "trust {}", ""},
        LineCase{"MetricsWithoutAddress", "metrics {}", "metrics.listen: required in this block"},
        LineCase{"MetricsOnTheNetwork", "metrics { listen = \"0.0.0.0:1\" }", "only loopback"},
        LineCase{"MetricsOnASocket", "metrics { listen = \"unix:/run/m.sock\" }", ""}),
    [](const auto& test) { return test.param.name; });

TEST(ServerSettingsTest, LowersTheDefaultFloorToALowScore) {
  const Parsed<ServerSettings> parsed = ParseWith("trust { score = 5 }");
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_EQ(parsed.settings->trust.rule.floor, 500);
}

}  // namespace
}  // namespace svidence::config
