#include "plugin/daemon/options.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::daemon {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::HasSubstr;

using Action = Options::Action;

struct Case {
  const char* name;
  std::vector<const char*> arguments;
  std::optional<Action> action;  // nullopt: refused
  const char* text;              // --listen's value, or part of the reason
};

class DaemonOptionsTest : public ::testing::TestWithParam<Case> {};

TEST_P(DaemonOptionsTest, Reads) {
  const Case& test = GetParam();
  const StatusOr<Options> got = ParseOptions(test.arguments);
  if (!test.action) {
    EXPECT_THAT(got, StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(Message(got.status()), HasSubstr(test.text));
    return;
  }
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->action, *test.action);
  EXPECT_EQ(got->listen, test.text);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, DaemonOptionsTest,
    ::testing::Values(
        Case{"None", {}, Action::kServe, ""},
        Case{"Listen", {"--listen", "/run/s"}, Action::kServe, "/run/s"},
        Case{"ListenWithoutValue", {"--listen"}, std::nullopt, "--listen needs the path"},
        Case{"ListenEmpty", {"--listen", ""}, std::nullopt, "--listen needs the path"},
        Case{"ListenTwice", {"--listen", "/a", "--listen", "/b"}, std::nullopt, "given once"},
        Case{"Help", {"--help"}, Action::kHelp, ""}, Case{"ShortHelp", {"-h"}, Action::kHelp, ""},
        Case{"HelpWins", {"--help", "--nonsense"}, Action::kHelp, ""},
        Case{"Version", {"--version"}, Action::kVersion, ""},
        Case{"Unknown", {"--lissten"}, std::nullopt, "\"--lissten\"; see --help"}),
    [](const auto& test) { return test.param.name; });

TEST(DaemonTextTest, HelpShowsWhereTheProgramBelongs) {
  const Program program{.name = "svidence-agent", .plugin_type = "WorkloadAttestor", .about = "x"};
  EXPECT_THAT(HelpText(program), HasSubstr("WorkloadAttestor \"svidence\" {"));
  EXPECT_THAT(VersionText(program), ::testing::MatchesRegex("svidence-agent [0-9.]+\n"));
}

}  // namespace
}  // namespace svidence::daemon
