#include "plugin/core/config/agent_settings.h"

#include <chrono>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AgentSettingsTest, NeedsNothing) {
  const Parsed<AgentSettings> parsed = ParseAgentSettings("", "example.org");
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_EQ(parsed.settings->trust_domain, "example.org");
  EXPECT_TRUE(parsed.settings->exe_hash);
  EXPECT_EQ(parsed.settings->max_exe_bytes, 536870912U);
  EXPECT_EQ(parsed.settings->hash_cache_entries, 4096U);
  EXPECT_EQ(parsed.settings->attest_timeout, seconds(2));
  EXPECT_EQ(parsed.settings->max_concurrent, 64U);
  EXPECT_THAT(parsed.settings->selectors, ElementsAreArray(AllSelectors()));
  EXPECT_EQ(parsed.settings->log_level, "info");
  EXPECT_FALSE(parsed.settings->metrics);
}

TEST(AgentSettingsTest, ReadsEveryKey) {
  const Parsed<AgentSettings> parsed = ParseAgentSettings(R"(
    exe_hash = true
    max_exe_size = "1GiB"
    hash_cache_entries = 16
    attest_timeout = "500ms"
    max_concurrent = 8
    selectors = ["instance", "exe:sha256", "uid"]
    log_level = "error"
    metrics { listen = "unix:/run/m.sock" })",
                                                          "example.org");
  ASSERT_THAT(parsed.notes, IsEmpty());
  AgentSettings want;
  want.trust_domain = "example.org";
  want.max_exe_bytes = 1073741824;
  want.hash_cache_entries = 16;
  want.attest_timeout = milliseconds(500);
  want.max_concurrent = 8;
  want.selectors = {"uid", "exe:sha256", "instance"};
  want.log_level = "error";
  want.metrics = ListenAddress{.unix_path = "/run/m.sock", .host = "", .port = 0};
  EXPECT_EQ(*parsed.settings, want);
}

TEST(AgentSettingsTest, EmitsNoHashSelectorWithoutHashing) {
  const Parsed<AgentSettings> parsed = ParseAgentSettings("exe_hash = false", "example.org");
  ASSERT_THAT(parsed.notes, IsEmpty());
  EXPECT_THAT(parsed.settings->selectors,
              ElementsAre("uid", "gid", "user", "group", "exe:path", "instance"));
}

struct LineCase {
  std::string name;
  std::string line;
  std::string note;  // part of the only note; empty: none
};

class AgentLineTest : public ::testing::TestWithParam<LineCase> {};

TEST_P(AgentLineTest, IsTakenOrNoted) {
  const Parsed<AgentSettings> parsed = ParseAgentSettings(GetParam().line, "example.org");
  EXPECT_EQ(parsed.settings.has_value(), GetParam().note.empty());
  if (GetParam().note.empty()) {
    EXPECT_THAT(parsed.notes, IsEmpty());
  } else {
    EXPECT_THAT(parsed.notes, ElementsAre(HasSubstr(GetParam().note)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, AgentLineTest,
    ::testing::Values(
        LineCase{"SmallestExe", "max_exe_size = \"1KiB\"", ""},
        LineCase{"ExeTooSmall", "max_exe_size = \"1023B\"", "in 1KiB..16GiB, got 1023B"},
        LineCase{"LargestExe", "max_exe_size = \"16GiB\"", ""},
        LineCase{"ExeTooLarge", "max_exe_size = \"17GiB\"", "in 1KiB..16GiB, got 17GiB"},
        LineCase{"ExeSizeAsNumber", "max_exe_size = 5", "must be a size such as"},
        LineCase{"SmallestCache", "hash_cache_entries = 16", ""},
        LineCase{"CacheTooSmall", "hash_cache_entries = 15", "in 16..65536, got 15"},
        LineCase{"LargestCache", "hash_cache_entries = 65536", ""},
        LineCase{"CacheTooLarge", "hash_cache_entries = 65537", "in 16..65536, got 65537"},
        LineCase{"ShortestTimeout", "attest_timeout = \"100ms\"", ""},
        LineCase{"TimeoutTooShort", "attest_timeout = \"99ms\"", "in 100ms..10s, got 99ms"},
        LineCase{"LongestTimeout", "attest_timeout = \"10s\"", ""},
        LineCase{"TimeoutTooLong", "attest_timeout = \"11s\"", "in 100ms..10s, got 11s"},
        LineCase{"OneAtATime", "max_concurrent = 1", ""},
        LineCase{"NoneAtATime", "max_concurrent = 0", "in 1..1024, got 0"},
        LineCase{"MostAtATime", "max_concurrent = 1024", ""},
        LineCase{"TooManyAtATime", "max_concurrent = 1025", "in 1..1024, got 1025"},
        LineCase{"UnknownSelector", "selectors = [\"exe:sha\"]", "unknown value \"exe:sha\""},
        LineCase{"HashSelectorWithoutHashing", "exe_hash = false selectors = [\"exe:sha256\"]",
                 R"(names "exe:sha256" although exe_hash is false)"},
        LineCase{"ServersKey", "ledger_dir = \"/l\"", "unknown key; known are"},
        LineCase{"MetricsOnTheNetwork", "metrics { listen = \"[::]:1\" }", "only loopback"},
        LineCase{"Unreadable", "exe_hash = ", "expected a value"}),
    [](const auto& test) { return test.param.name; });

TEST(AgentSettingsTest, RefusesATrustDomainThatIsNone) {
  EXPECT_FALSE(ParseAgentSettings("", "").settings);
}

}  // namespace
}  // namespace svidence::config
