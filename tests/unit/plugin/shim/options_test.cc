#include "plugin/shim/options.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace svidence::shim {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

const char* const kDigest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(ParseOptionsTest, DefaultsToTheDaemonBesideTheShim) {
  const Result<Options> options = ParseOptions({});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->action, Options::Action::kRun);
  EXPECT_EQ(options->daemon, "");
  EXPECT_EQ(options->connect, "");
  EXPECT_FALSE(options->sha256.has_value());
  EXPECT_FALSE(options->peer_uid.has_value());
  EXPECT_EQ(options->ready_timeout, milliseconds(20000));
}

TEST(ParseOptionsTest, TakesAValueBehindASpaceOrAnEqualsSign) {
  const std::vector<const char*> arguments = {"--daemon", "/a=b", "--sha256", kDigest,
                                              "--ready-timeout-ms=100"};
  const Result<Options> options = ParseOptions(arguments);
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->daemon, "/a=b");
  ASSERT_TRUE(options->sha256.has_value());
  EXPECT_EQ(ToHex(*options->sha256), kDigest);
  EXPECT_EQ(options->ready_timeout, milliseconds(100));
}

TEST(ParseOptionsTest, WaitsLongerForADaemonThatItConnectsTo) {
  const std::vector<const char*> arguments = {"--connect=/run/s", "--peer-uid", "0"};
  const Result<Options> options = ParseOptions(arguments);
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->connect, "/run/s");
  EXPECT_EQ(options->peer_uid, 0U);
  EXPECT_EQ(options->ready_timeout, milliseconds(50000));
}

TEST(ParseOptionsTest, LetsAGivenTimeWinOverTheDefaultOfTheMode) {
  const std::vector<const char*> arguments = {"--ready-timeout-ms", "55000", "--connect", "/run/s"};
  const Result<Options> options = ParseOptions(arguments);
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->ready_timeout, milliseconds(55000));
}

TEST(ParseOptionsTest, LetsHelpAndVersionWin) {
  const std::vector<const char*> help = {"--help", "--nonsense"};
  EXPECT_EQ(ParseOptions(help)->action, Options::Action::kHelp);
  const std::vector<const char*> version = {"--daemon", "/d", "--version"};
  EXPECT_EQ(ParseOptions(version)->action, Options::Action::kVersion);
}

struct Case {
  const char* name;
  std::vector<const char*> arguments;
  const char* want;
};

class BadOptionsTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadOptionsTest, AreRefusedByName) {
  const Result<Options> options = ParseOptions(GetParam().arguments);
  ASSERT_FALSE(options.ok());
  EXPECT_THAT(options.error().text, HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Options, BadOptionsTest,
    ::testing::Values(
        Case{"Unknown", {"--verbose"}, "unknown option \"--verbose\""},
        Case{"UnknownWithControlCharacters", {"\x1b[2J"}, R"("\u001b[2J")"},
        Case{"Positional", {"/usr/bin/daemon"}, "unknown option \"/usr/bin/daemon\""},
        Case{"Empty", {""}, "unknown option \"\""},
        Case{"PrefixOfAnOption", {"--daemo", "x"}, "unknown option \"--daemo\""},
        Case{"NoValue", {"--daemon"}, "--daemon needs a value"},
        Case{"EmptyDaemon", {"--daemon="}, "--daemon must be the path"},
        Case{"EmptyConnect", {"--connect="}, "--connect must be the path"},
        Case{"Twice", {"--daemon", "a", "--daemon", "b"}, "--daemon is given twice"},
        Case{"ShortDigest", {"--sha256", "ba78"}, "--sha256 must be 64 hexadecimal digits"},
        Case{
            "NegativeUid", {"--connect", "/s", "--peer-uid", "-1"}, "--peer-uid must be a user id"},
        Case{"NoUser", {"--connect", "/s", "--peer-uid", "4294967295"}, "between 0 and 4294967294"},
        Case{"UidWithName", {"--connect", "/s", "--peer-uid", "0x"}, "--peer-uid must be"},
        Case{"TimeoutBelow", {"--ready-timeout-ms", "99"}, "milliseconds between 100 and 55000"},
        Case{"TimeoutAbove", {"--ready-timeout-ms", "55001"}, "milliseconds between 100 and 55000"},
        Case{"TimeoutEmpty", {"--ready-timeout-ms", ""}, "milliseconds between 100 and 55000"},
        Case{"TimeoutHuge", {"--ready-timeout-ms", "99999999999999999999"}, "milliseconds between"},
        Case{"DaemonAndConnect", {"--daemon", "/d", "--connect", "/s"}, "drop --daemon"},
        Case{"DigestAndConnect", {"--connect", "/s", "--sha256", kDigest}, "drop --daemon and"},
        Case{"PeerUidAlone", {"--peer-uid", "0"}, "--peer-uid goes with --connect only"}),
    [](const auto& test) { return test.param.name; });

const char* NoVariables(const char* /*name*/) { return nullptr; }
const char* ComposerCookie(const char* name) {
  return std::string(name) == "CredentialComposer" ? "CredentialComposer" : nullptr;
}
const char* AttestorCookie(const char* name) {
  return std::string(name) == "WorkloadAttestor" ? "WorkloadAttestor" : nullptr;
}
const char* BothCookies(const char* name) {
  const char* const attestor = AttestorCookie(name);
  return attestor != nullptr ? attestor : ComposerCookie(name);
}
const char* WrongCookie(const char* /*name*/) { return "1"; }

TEST(FindPluginKindTest, GoesByTheMagicCookie) {
  EXPECT_EQ(FindPluginKind(ComposerCookie)->type, "CredentialComposer");
  EXPECT_EQ(FindPluginKind(ComposerCookie)->daemon_file, "svidence-server");
  EXPECT_EQ(FindPluginKind(AttestorCookie)->type, "WorkloadAttestor");
  EXPECT_EQ(FindPluginKind(AttestorCookie)->daemon_file, "svidence-agent");
}

TEST(FindPluginKindTest, RefusesNoCookieAWrongOneAndTwo) {
  EXPECT_FALSE(FindPluginKind(NoVariables).ok());
  EXPECT_FALSE(FindPluginKind(WrongCookie).ok());
  const Result<PluginKind> both = FindPluginKind(BothCookies);
  ASSERT_FALSE(both.ok());
  EXPECT_THAT(both.error().text, HasSubstr("both WorkloadAttestor and CredentialComposer"));
}

TEST(HelpTextTest, ShowsBothStanzasWithTheProgramAndEveryOption) {
  const std::string help = HelpText("/usr/libexec/svidence-shim");
  EXPECT_THAT(help, HasSubstr("WorkloadAttestor \"svidence\""));
  EXPECT_THAT(help, HasSubstr("CredentialComposer \"svidence\""));
  EXPECT_THAT(help, HasSubstr("plugin_cmd = \"/usr/libexec/svidence-shim\""));
  for (const char* const option : {"--daemon", "--sha256", "--connect", "--peer-uid",
                                   "--ready-timeout-ms", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
}

}  // namespace
}  // namespace svidence::shim
