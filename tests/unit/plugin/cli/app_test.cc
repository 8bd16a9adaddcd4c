#include "plugin/cli/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/adapters/openssl/note_ports.h"
#include "tests/support/golden.h"
#include "tests/support/key_changes.h"
#include "tests/unit/plugin/cli/cli_harness.h"

namespace svidence::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kId = "spiffe://example.org/agent/buyer";

struct Mistake {
  std::string name;
  std::vector<std::string> arguments;
  std::string wants;
};

class MistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(MistakeTest, EndsWithTwoAndOneLineThatNamesTheFix) {
  CliHarness cli;
  EXPECT_EQ(cli.Run(GetParam().arguments), 2);
  const std::string err = cli.err.str();
  EXPECT_TRUE(err.starts_with("svidence: ")) << err;
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
  EXPECT_THAT(err, HasSubstr(GetParam().wants));
  EXPECT_THAT(cli.out.str(), IsEmpty());
  EXPECT_EQ(cli.connects, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MistakeTest,
    ::testing::Values(
        Mistake{"NoCommand", {}, "see `svidence --help`"},
        Mistake{"UnknownCommand", {"stats"}, "stats"},
        Mistake{"UnknownOutput", {"status", "--output", "xml"}, "--output"},
        Mistake{"EscapeInArgument", {"\x1b[2J"}, "\\x1b[2J"},
        Mistake{"GroupWithoutCommand", {"agent"}, "see `svidence agent --help`"},
        Mistake{"ScopeMissing", {"agent", "register", "a"}, "--scope"},
        Mistake{"ScopeOutOfRange", {"agent", "register", "a", "--scope", "5"}, "1 to 4"},
        Mistake{"NameMissing", {"agent", "register", "--scope", "1"}, "NAME"},
        Mistake{"NameWithSlash", {"agent", "register", "a/b", "--scope", "1"}, "1 to 63 of a-z"},
        Mistake{"ScoreTooHigh",
                {"agent", "register", "a", "--scope", "1", "--score", "100.01"},
                "--score must be points"},
        Mistake{"ScoreNegative",
                {"agent", "register", "a", "--scope", "1", "--score=-1"},
                "--score must be points"},
        Mistake{"ScoreTooExact",
                {"agent", "register", "a", "--scope", "1", "--floor", "1.234"},
                "--floor must be points"},
        Mistake{"EraseNobody", {"sponsor", "erase", "--reason", "request"}, "REF or --person"},
        Mistake{"EraseWithoutReason", {"sponsor", "erase", "Jx0"}, "--reason"},
        Mistake{"RotateWithoutReason", {"ledger", "rotate"}, "--reason"},
        Mistake{"HalfLifeWithoutUnit",
                {"agent", "register", "a", "--scope", "1", "--half-life", "24"},
                "form 24h"},
        Mistake{"HoldInMilliseconds",
                {"agent", "register", "a", "--scope", "1", "--hold", "1500ms"},
                "whole seconds"},
        Mistake{"RevokeWithoutTerminal", {"revoke", kId}, "give --yes"},
        Mistake{"RevokeWithoutId", {"revoke", "--yes"}, "SPIFFE-ID"},
        Mistake{"ShowWithoutNumber", {"ledger", "show", "x"}, "INDEX"},
        Mistake{"InspectMissingFile", {"inspect", "nowhere"}, "no such file"},
        Mistake{"JwtWithoutAudience", {"fetch", "jwt"}, "--audience"},
        Mistake{"UnknownShell", {"completion", "fish"}, "SHELL"}),
    [](const auto& test) { return test.param.name; });

TEST(StatusTest, IsAFindingUnlessTheServerServes) {
  CliHarness cli;
  admin::StatusReport& status = cli.backend.status;
  status = {.version = "0.1.0",
            .state = admin::State::kServing,
            .reason = "",
            .trust_domain = "example.org",
            .server_id = "a",
            .now_millis = 1795460400000,
            .started_millis = 1795456800000,
            .checks = {{.name = "ledger", .level = admin::Level::kOk, .detail = "12 entries"}},
            .counters = {{.name = "issued", .value = 7}}};
  EXPECT_EQ(cli.Run({"status"}), 0);
  EXPECT_EQ(cli.out.str(),
            "state         serving\n"
            "version       0.1.0\n"
            "trust domain  example.org\n"
            "server        a\n"
            "started       2026-11-23T18:00:00Z (60 min ago)\n"
            "\n"
            "CHECK   LEVEL  DETAIL\n"
            "ledger  ok     12 entries\n"
            "\n"
            "COUNTER  VALUE\n"
            "issued   7\n");
  EXPECT_EQ(cli.Run({"status", "--output", "json"}), 0);
  EXPECT_EQ(cli.out.str(),
            R"({"version":"0.1.0","state":"serving","reason":"","trust_domain":"example.org",)"
            R"("server_id":"a","now":"2026-11-23T19:00:00Z","started":"2026-11-23T18:00:00Z",)"
            R"("checks":[{"name":"ledger","level":"ok","detail":"12 entries"}],)"
            R"("counters":{"issued":7}})"
            "\n");
  status.checks[0].level = admin::Level::kBad;
  EXPECT_EQ(cli.Run({"status"}), 1);
  status.checks.clear();
  status.state = admin::State::kRefusing;
  status.reason = "ledger \x1b[31m";
  EXPECT_EQ(cli.Run({"status"}), 1);
  EXPECT_THAT(cli.out.str(), HasSubstr("refusing: \"ledger \\x1b[31m\""));
}

TEST(GlobalOptionsTest, StandBeforeOrAfterTheCommand) {
  CliHarness cli;
  cli.backend.status.state = admin::State::kServing;
  EXPECT_EQ(cli.Run({"--output", "json", "--socket", "/s", "status"}), 0);
  EXPECT_EQ(cli.socket, "/s");
  EXPECT_THAT(cli.out.str(), HasSubstr("{\"version\""));
  EXPECT_EQ(cli.Run({"agent", "list", "--output", "json", "--socket", "/t"}), 0);
  EXPECT_EQ(cli.socket, "/t");
  EXPECT_EQ(cli.out.str(), "{\"agents\":[]}\n");
}

TEST(ErrorTest, OfTheServerBecomesOneLineAndTwoAndDamageIsAFinding) {
  CliHarness cli;
  cli.backend.FailWith(Unavailable("server is\ndown"));
  EXPECT_EQ(cli.Run({"status"}), 2);
  EXPECT_EQ(cli.err.str(), "svidence: server is\\x0adown\n");
  cli.backend.FailWith(DataLoss("entry 3 is damaged"));
  EXPECT_EQ(cli.Run({"ledger", "list"}), 1);
}

TEST(AgentTest, RegistersListsAndShows) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"agent", "register", "buyer", "--scope", "3", "--sponsor", "alice", "--score",
                     "62.5", "--half-life", "1h", "--floor", "10", "--hold", "30m"}),
            0)
      << cli.err.str();
  EXPECT_EQ(cli.access, Access::kWrite);
  ASSERT_EQ(cli.backend.registrations.size(), 1U);
  const admin::Registration& sent = cli.backend.registrations[0];
  EXPECT_EQ(sent.score, 6250);
  EXPECT_EQ(sent.half_life, 3600);
  EXPECT_EQ(sent.floor, 1000);
  EXPECT_EQ(sent.hold, 1800);
  EXPECT_THAT(cli.out.str(), HasSubstr("score now      47.12\n"));
  EXPECT_THAT(cli.out.str(),
              HasSubstr("sponsor        alice, Jx0zAb3k (unverified, method none)\n"));
  EXPECT_EQ(cli.Run({"agent", "register", "buyer", "--scope", "3"}), 2);
  EXPECT_THAT(cli.err.str(), HasSubstr("--change"));
  EXPECT_EQ(cli.Run({"agent", "register", "buyer", "--scope", "2", "--change"}), 0);
  EXPECT_EQ(cli.Run({"agent", "register", "rogue", "--scope", "1"}), 0);
  cli.backend.agents_per_page = 1;
  EXPECT_EQ(cli.Run({"agent", "list"}), 0);
  EXPECT_EQ(cli.access, Access::kRead);
  EXPECT_THAT(cli.out.str(), HasSubstr("buyer"));
  EXPECT_THAT(cli.out.str(), HasSubstr("rogue  1      0.00"));
  EXPECT_EQ(cli.Run({"agent", "show", "nobody"}), 2);
  EXPECT_EQ(cli.Run({"agent", "show", "buyer", "--output", "json"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("{\"name\":\"buyer\",\"scope\":2,"));
}

class RevokeTest : public ::testing::Test {
 protected:
  RevokeTest() {
    cli_.backend.preview.agent = "buyer";
    cli_.backend.preview.registered = true;
    cli_.backend.preview.entries.push_back({.id = "e-1",
                                            .spiffe_id = kId,
                                            .parent_id = "spiffe://example.org/node",
                                            .selectors = {"svidence:uid:1\x1b", "unix:uid:1"},
                                            .hint = ""});
    cli_.backend.report.outcome.recorded = true;
    cli_.backend.report.outcome.index = 8;
    cli_.backend.report.deletion = {.done = true, .deleted = 1, .trouble = ""};
  }
  CliHarness cli_;
};

TEST_F(RevokeTest, ChangesNothingInADryRun) {
  EXPECT_EQ(cli_.Run({"revoke", kId, "--dry-run"}), 0);
  EXPECT_EQ(cli_.access, Access::kRead);
  EXPECT_THAT(cli_.backend.revoked, IsEmpty());
  EXPECT_THAT(cli_.out.str(), HasSubstr("e-1"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"svidence:uid:1\\x1b\", unix:uid:1"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("nothing was changed"));
}

TEST_F(RevokeTest, ChangesNothingUnlessThePersonSaysYes) {
  cli_.interactive = true;
  for (const char* answer : {"no", "", "y", "YES "}) {
    cli_.answer = answer;
    EXPECT_EQ(cli_.Run({"revoke", kId}), 1) << answer;
    EXPECT_THAT(cli_.backend.revoked, IsEmpty()) << answer;
  }
}

TEST_F(RevokeTest, ShowsTheEntriesAndRevokesOnYes) {
  cli_.interactive = true;
  cli_.answer = "yes";
  EXPECT_EQ(cli_.Run({"revoke", kId, "--reason", "key_compromise"}), 0);
  EXPECT_THAT(cli_.backend.revoked, ::testing::ElementsAre(kId));
  EXPECT_EQ(cli_.backend.last_reason, "key_compromise");
  EXPECT_THAT(cli_.err.str(), HasSubstr("delete 1 SPIRE entries?"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("revoked, ledger entry 8\nSPIRE's entries are deleted: 1"));
}

TEST_F(RevokeTest, AsksNobodyWithYesAndReportsWhatIsNotSettled) {
  EXPECT_EQ(cli_.Run({"revoke", kId, "--yes", "--output", "json"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"recorded\":true,\"index\":8"));
  EXPECT_EQ(cli_.out.str().find('{', 1), std::string::npos);
  cli_.backend.report.deletion.done = false;
  EXPECT_EQ(cli_.Run({"revoke", kId, "--yes"}), 1);
  cli_.backend.report.deletion.done = true;
  cli_.backend.report.outcome.recorded = false;
  EXPECT_EQ(cli_.Run({"revoke", kId, "--yes"}), 1);
  EXPECT_THAT(cli_.out.str(), HasSubstr("not yet in the ledger"));
}

TEST_F(RevokeTest, RestoresWhatIsRevoked) {
  EXPECT_EQ(cli_.Run({"restore", kId}), 2);
  EXPECT_EQ(cli_.Run({"revoke", kId, "--yes"}), 0);
  EXPECT_EQ(cli_.Run({"restore", kId}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("restored, ledger entry 9"));
}

TEST(LedgerTest, NamesTheFirstBadEntryAndEndsWithOne) {
  CliHarness cli;
  cli.backend.verify.intact = true;
  cli.backend.verify.entries = 3;
  EXPECT_EQ(cli.Run({"ledger", "verify"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("ledger intact: 3 entries"));
  EXPECT_THAT(cli.out.str(), Not(HasSubstr("its end is not checked")));
  cli.backend.verify.unmarked = "there is no high-water mark at /m";
  EXPECT_EQ(cli.Run({"ledger", "verify"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("its end is not checked: there is no high-water mark at"));
  cli.backend.verify.intact = false;
  cli.backend.verify.entries = 17;
  cli.backend.verify.first_bad = 17;
  cli.backend.verify.reason = "leaf differs";
  EXPECT_EQ(cli.Run({"ledger", "verify", "--ledger-dir", "/l"}), 1);
  EXPECT_EQ(cli.directory, "/l");
  EXPECT_THAT(cli.out.str(), HasSubstr("first bad entry 17: leaf differs"));
  EXPECT_EQ(cli.Run({"ledger", "verify", "--output", "json"}), 1);
  EXPECT_THAT(cli.out.str(), HasSubstr("\"first_bad\":17,"));
}

TEST(LedgerTest, ListsShowsAndExportsExactBytes) {
  CliHarness cli;
  const std::string entry = testing::ReadGolden("claims/registered.entry");
  cli.backend.entries = {entry, "garbage\x1b"};
  EXPECT_EQ(cli.Run({"ledger", "list"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("42     2026-11-23T18:00:00.123Z  issue.x509"));
  EXPECT_THAT(cli.out.str(), Not(HasSubstr("\x1b")));
  EXPECT_EQ(cli.Run({"ledger", "show", "0"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("before it  entry 37"));
  EXPECT_EQ(cli.Run({"ledger", "show", "0", "--output", "json"}), 0);
  EXPECT_EQ(cli.out.str(), entry + "\n");
  EXPECT_EQ(cli.Run({"ledger", "show", "2"}), 2);
  EXPECT_EQ(cli.Run({"ledger", "export", "--out", "f"}), 0);
  EXPECT_EQ(cli.files["f"], entry + "\ngarbage\x1b\n");
}

class KeyCommandTest : public ::testing::Test {
 protected:
  // The keys of a log that has changed its key in entry 7.
  std::string List() const {
    ledger::KeySchedule keys = keys_.Schedule();
    EXPECT_TRUE(
        keys.Apply(cli_.hasher, verifier_, testing::KeyChanges::At(7, keys_.Change(1, 2))).ok());
    return keys.Format(cli_.hasher);
  }
  std::string VkeyText(std::uint8_t seed) const {
    return ledger::FormatVkey(cli_.hasher, keys_.Key(seed).vkey());
  }

  CliHarness cli_;
  openssl::OpenSslEd25519Verifier verifier_;
  testing::KeyChanges keys_{cli_.hasher};
};

TEST_F(KeyCommandTest, PrintsOneKeyAsAVkeyAndSeveralWithTheirSizes) {
  cli_.backend.info.origin = testing::KeyChanges::kOrigin;
  cli_.backend.info.vkey = VkeyText(1);
  EXPECT_EQ(cli_.Run({"ledger", "key"}), 0);
  EXPECT_EQ(cli_.out.str(), VkeyText(1) + '\n');
  cli_.backend.info.keys = List();
  EXPECT_EQ(cli_.Run({"ledger", "key"}), 0);
  EXPECT_EQ(cli_.out.str(), VkeyText(1) + " 0-8\n" + VkeyText(2) + " 8-\n");
  EXPECT_EQ(cli_.Run({"ledger", "key", "--output", "json"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"vkey\":\"" + VkeyText(2) + "\",\"keys\":["));
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"first_size\":8,\"last_size\":null}]"));
}

TEST_F(KeyCommandTest, RotateSaysWhatIsSoNowAndWhatIsLeftToDo) {
  cli_.backend.rotated = {.index = 7, .keys = List(), .checkpoint = "", .todo = "set log_key"};
  EXPECT_EQ(cli_.Run({"ledger", "rotate", "--reason", "moved", "--new-key", "/k"}), 0);
  ASSERT_EQ(cli_.backend.rotations.size(), 1U);
  EXPECT_EQ(cli_.backend.rotations[0].source, "/k");
  EXPECT_EQ(cli_.backend.rotations[0].reason, "moved");
  EXPECT_THAT(cli_.out.str(), HasSubstr("from ledger entry 7 on"));
  EXPECT_THAT(cli_.out.str(), HasSubstr(VkeyText(2) + " 8-"));
  EXPECT_THAT(cli_.out.str(), HasSubstr("now: set log_key"));
  EXPECT_EQ(cli_.Run({"ledger", "rotate", "--reason", "moved", "--output", "json"}), 0);
  EXPECT_THAT(cli_.out.str(), HasSubstr("\"index\":7,\"keys\":[{"));
  cli_.backend.FailWith(PermissionDenied("this socket is for reading only"));
  EXPECT_EQ(cli_.Run({"ledger", "rotate", "--reason", "moved"}), 2);
}

TEST(SponsorTest, EraseAsksAndSaysWhatIsLeft) {
  CliHarness cli;
  cli.backend.erased = {.ref = "Jx0", .index = 12, .withdrawn = {"buyer"}};
  EXPECT_EQ(cli.Run({"sponsor", "erase", "Jx0", "--reason", "request"}), 2);
  EXPECT_THAT(cli.err.str(), HasSubstr("give --yes"));
  cli.interactive = true;
  cli.answer = "no";
  EXPECT_EQ(cli.Run({"sponsor", "erase", "Jx0", "--reason", "request"}), 1);
  EXPECT_TRUE(cli.backend.erasures.empty());
  EXPECT_EQ(cli.Run({"sponsor", "erase", "--person", "alice", "--reason", "request", "--withdraw",
                     "--yes"}),
            0);
  ASSERT_EQ(cli.backend.erasures.size(), 1U);
  EXPECT_EQ(cli.backend.erasures[0].person, "alice");
  EXPECT_TRUE(cli.backend.erasures[0].withdraw);
  EXPECT_THAT(cli.out.str(), HasSubstr("agent buyer has no sponsor and score 0 now"));
  EXPECT_THAT(cli.out.str(), HasSubstr("sponsor Jx0 is erased, ledger entry 12"));
  cli.backend.erased.trouble = "locked";
  EXPECT_EQ(cli.Run({"sponsor", "erase", "Jx0", "--reason", "request", "--yes"}), 1);
  EXPECT_THAT(cli.out.str(), HasSubstr("still in the directory: locked"));
}

TEST(SponsorTest, ShowSaysThatASponsorIsErased) {
  CliHarness cli;
  admin::AgentInfo& info = cli.backend.agents["buyer"];
  info.agent.name = "buyer";
  info.agent.sponsor = registry::SponsorRecord{
      .ref = "Jx0", .verified = false, .method = "none", .until = std::nullopt};
  info.erased = true;
  EXPECT_EQ(cli.Run({"agent", "show", "buyer"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("erased, Jx0"));
  EXPECT_EQ(cli.Run({"agent", "show", "buyer", "--output", "json"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("\"person\":null,\"sponsor_erased\":true"));
}

TEST(HelpTest, ShowsAnExampleForEveryCommand) {
  CliHarness cli;
  const std::vector<std::vector<std::string>> commands{{},
                                                       {"status"},
                                                       {"version"},
                                                       {"agent"},
                                                       {"agent", "register"},
                                                       {"agent", "list"},
                                                       {"agent", "show"},
                                                       {"revoke"},
                                                       {"restore"},
                                                       {"ledger"},
                                                       {"ledger", "verify"},
                                                       {"ledger", "list"},
                                                       {"ledger", "prove"},
                                                       {"ledger", "history"},
                                                       {"ledger", "monitor"},
                                                       {"ledger", "show"},
                                                       {"ledger", "export"},
                                                       {"ledger", "key"},
                                                       {"sponsor"},
                                                       {"sponsor", "erase"},
                                                       {"ledger", "rotate"},
                                                       {"inspect"},
                                                       {"fetch"},
                                                       {"fetch", "x509"},
                                                       {"fetch", "jwt"},
                                                       {"completion"}};
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    EXPECT_EQ(cli.Run(command), 0);
    EXPECT_THAT(cli.out.str(), HasSubstr("Example:\n  ")) << command.front();
  }
}

TEST(CompletionTest, KnowsSubcommandsOptionsAndValues) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"completion", "bash"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("\"svidence agent\") words='register list show"));
  EXPECT_THAT(cli.out.str(), HasSubstr("--half-life"));
  EXPECT_THAT(cli.out.str(),
              HasSubstr("--output) mapfile -t COMPREPLY < <(compgen -W 'table json'"));
  EXPECT_EQ(cli.Run({"completion", "zsh"}), 0);
  EXPECT_THAT(cli.out.str(), HasSubstr("#compdef svidence"));
}

}  // namespace
}  // namespace svidence::cli
