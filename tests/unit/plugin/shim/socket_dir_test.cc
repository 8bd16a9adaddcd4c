#include "plugin/shim/socket_dir.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* AllVariables(const char* name) {
  const std::string variable = name;
  if (variable == "PLUGIN_UNIX_SOCKET_DIR") return "/plugin";
  if (variable == "RUNTIME_DIRECTORY") return "/run/a:/run/b";
  if (variable == "XDG_RUNTIME_DIR") return "/run/user/7";
  if (variable == "TMPDIR") return "/var/tmp";
  return nullptr;
}
const char* EmptyVariables(const char* /*name*/) { return ""; }

TEST(SocketDirCandidatesTest, PrefersFoldersThatNoCleanerTouches) {
  EXPECT_THAT(SocketDirCandidates(AllVariables),
              ElementsAre("/plugin", "/run/a", "/run/user/7", "/var/tmp", "/tmp"));
}

TEST(SocketDirCandidatesTest, HasTmpWhereNothingIsSet) {
  EXPECT_THAT(SocketDirCandidates(EmptyVariables), ElementsAre("/tmp"));
}

TEST(SocketDirTest, SaysOfEachFolderWhyItWillNotDo) {
  const std::vector<std::string> candidates = {
      "relative", "/a|b", "/" + std::string(80, 'x'), "/proc/self/status", "/proc/none", "/proc"};
  const Result<SocketDir> dir = SocketDir::Make(candidates);
  ASSERT_FALSE(dir.ok());
  const std::string& text = dir.error().text;
  EXPECT_THAT(text, HasSubstr(R"("relative" is not absolute)"));
  EXPECT_THAT(text, HasSubstr(R"("/a|b" has a character no handshake takes)"));
  EXPECT_THAT(text, HasSubstr("is too long: the socket's path may have 107 bytes"));
  EXPECT_THAT(text, HasSubstr(R"("/proc/self/status" is no directory)"));
  EXPECT_THAT(text, HasSubstr(R"("/proc/none" cannot be read: No such file or directory)"));
  EXPECT_THAT(text, HasSubstr(R"("/proc" cannot take a folder)"));
}

}  // namespace
}  // namespace svidence::shim
