#include "plugin/cli/sockets.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::cli {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Candidates(const std::map<std::string, std::string>& variables,
                                    Access access) {
  return SocketCandidates(
      [&](const char* name) -> std::optional<std::string> {
        const auto at = variables.find(name);
        if (at == variables.end()) return std::nullopt;
        return at->second;
      },
      access);
}

TEST(SocketCandidatesTest, AreOnlyTheOneThatTheVariableNames) {
  EXPECT_THAT(Candidates({{"SVIDENCE_SOCKET", "/s"}, {"RUNTIME_DIRECTORY", "/r"}}, Access::kRead),
              ElementsAre("/s"));
}

TEST(SocketCandidatesTest, FallBackToReadingOnlyWhereThatIsEnough) {
  const std::map<std::string, std::string> variables{
      {"SVIDENCE_SOCKET", ""}, {"RUNTIME_DIRECTORY", "/r:/other"}, {"XDG_RUNTIME_DIR", "/x"}};
  EXPECT_THAT(Candidates(variables, Access::kWrite),
              ElementsAre("/r/admin.sock", "/x/svidence/admin.sock", "/run/svidence/admin.sock"));
  EXPECT_THAT(
      Candidates(variables, Access::kRead),
      ElementsAre("/r/admin.sock", "/r/read.sock", "/x/svidence/admin.sock",
                  "/x/svidence/read.sock", "/run/svidence/admin.sock", "/run/svidence/read.sock"));
}

}  // namespace
}  // namespace svidence::cli
