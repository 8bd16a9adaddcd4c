#include "attestors/process/exe_path.h"

#include <string>

#include <gtest/gtest.h>

namespace svidence {
namespace {

struct Case {
  std::string name;  // letters and digits: it becomes part of the test's name
  std::string link;
  bool good = false;
};

class ExePathProblemTest : public ::testing::TestWithParam<Case> {};

TEST_P(ExePathProblemTest, LetsOnlyAPathPass) {
  EXPECT_EQ(!ExePathProblem(GetParam().link).has_value(), GetParam().good);
}

INSTANTIATE_TEST_SUITE_P(
    All, ExePathProblemTest,
    ::testing::Values(Case{"Plain", "/usr/bin/agent", true},
                      Case{"WithSpaces", "/opt/my agent/(deleted) agent", true},
                      Case{"Longest", '/' + std::string(kMaxExeLinkBytes - 2, 'a'), true},
                      Case{"PerhapsCut", '/' + std::string(kMaxExeLinkBytes - 1, 'a'), false},
                      Case{"Removed", "/usr/bin/agent (deleted)", false},
                      Case{"Memfd", "/memfd:agent (deleted)", false},
                      Case{"OutOfReach", "(unreachable)/usr/bin/agent", false},
                      Case{"Relative", "agent", false}, Case{"Empty", "", false}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace svidence
