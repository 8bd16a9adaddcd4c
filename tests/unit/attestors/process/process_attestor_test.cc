#include "attestors/process/process_attestor.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_hasher.h"
#include "tests/support/fake_name_directory.h"
#include "tests/support/fake_process_source.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::FakeProcess;
using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Call = ::svidence::testing::FakeProcessSource::Call;
using Facts = std::optional<ProcessFacts>;

constexpr WantedFacts kAll{.uid = true,
                           .gid = true,
                           .user = true,
                           .group = true,
                           .exe_path = true,
                           .exe_sha256 = true,
                           .instance = true};

class ProcessAttestorTest : public ::testing::Test {
 protected:
  ProcessAttestorTest() {
    names_.AddUser(1000, "alice");
    names_.AddGroup(100, "staff");
  }

  StatusOr<Facts> Attest(std::int32_t pid, const WantedFacts& wanted = kAll,
                         const std::stop_token& stop = {}) const {
    const ProcessAttestor attestor({.source = source_, .names = names_, .hasher = hasher_},
                                   {.wanted = wanted, .max_exe_bytes = 1000});
    return attestor.Attest(*Pid::FromWire(pid), stop);
  }

  std::vector<std::string> Selectors(std::int32_t pid, const WantedFacts& wanted = kAll) const {
    const StatusOr<Facts> facts = Attest(pid, wanted);
    if (!facts.ok()) return {Message(facts.status())};
    if (!facts->has_value()) return {"not ours"};
    std::vector<std::string> texts;
    for (const Selector& selector : SelectorsOf(**facts)) texts.push_back(selector.Text());
    for (const Withheld& withheld : (*facts)->withheld) {
      texts.push_back("no " + std::string(withheld.kind) + ": " + std::string(withheld.cause));
    }
    return texts;
  }

  testing::FakeProcessSource source_;
  testing::FakeNameDirectory names_;
  testing::FakeHasher hasher_;
};

TEST_F(ProcessAttestorTest, GivesAllFactsOfALiveProcess) {
  source_.Add(7, {});
  const std::string instance =
      InstanceId(hasher_, source_.host(), *Pid::FromWire(7), FakeProcess().stat.start_ticks);
  EXPECT_THAT(
      Selectors(7),
      ElementsAre("uid:1000", "gid:100", "user:alice", "group:staff", "exe:path:/usr/bin/agent",
                  "exe:sha256:ab" + std::string(62, '0'), "instance:" + instance));
}

TEST_F(ProcessAttestorTest, ReadsOnlyWhatIsWanted) {
  source_.Add(7, {});
  source_.FailOn(Call::kOpenExe, PermissionDenied("no"));
  source_.FailOn(Call::kExeId, PermissionDenied("no"));
  EXPECT_THAT(Selectors(7, {.uid = true}), ElementsAre("uid:1000"));
  source_.FailOn(Call::kStatus, PermissionDenied("no"));
  EXPECT_THAT(Attest(7, {.instance = true}), IsOk());
}

struct NotOurs {
  std::string name;  // letters and digits: it becomes part of the test's name
  std::function<void(FakeProcess&)> change;
};

class ProcessThatIsNotOursTest : public ProcessAttestorTest,
                                 public ::testing::WithParamInterface<NotOurs> {};

TEST_P(ProcessThatIsNotOursTest, GivesNothingAndNoError) {
  FakeProcess process;
  GetParam().change(process);
  source_.Add(7, process);
  EXPECT_THAT(Selectors(7), ElementsAre("not ours"));
}

INSTANTIATE_TEST_SUITE_P(
    All, ProcessThatIsNotOursTest,
    ::testing::Values(NotOurs{"Zombie", [](FakeProcess& p) { p.stat.state = 'Z'; }},
                      NotOurs{"KernelThread", [](FakeProcess& p) { p.stat.flags = 0x00208040; }},
                      NotOurs{"WithoutExecutable", [](FakeProcess& p) { p.has_exe = false; }},
                      NotOurs{"Ended", [](FakeProcess& p) { p.running = false; }}),
    [](const auto& test) { return test.param.name; });

TEST_F(ProcessAttestorTest, GivesNothingForAPidThatNobodyHas) {
  EXPECT_THAT(Selectors(8), ElementsAre("not ours"));
}

// The process may end before any of the calls.
TEST_F(ProcessAttestorTest, GivesNothingWheneverTheProcessEnds) {
  for (const Call last : {Call::kOpen, Call::kStat, Call::kOpenExe, Call::kStatus, Call::kHash,
                          Call::kExeId, Call::kRunning}) {
    source_.Add(7, {});
    source_.BeforeEach([last](Call call, int /*count*/, FakeProcess& process) {
      if (call == last) process.running = false;
    });
    EXPECT_THAT(Selectors(7), ElementsAre("not ours")) << static_cast<int>(last);
  }
}

// A zombie can still be asked for its stat line.
TEST_F(ProcessAttestorTest, GivesNothingForAProcessThatBecomesAZombieMeanwhile) {
  source_.Add(7, {});
  source_.BeforeEach([](Call call, int /*count*/, FakeProcess& process) {
    if (call == Call::kExeId) process.stat.state = 'Z';
  });
  EXPECT_THAT(Selectors(7), ElementsAre("not ours"));
}

void Exec(FakeProcess& process) {
  process.exe.file.inode += 1;
  process.exe.link = "/usr/bin/other";
  process.stat.start_stack += 16;
}

TEST_F(ProcessAttestorTest, ReadsAgainWhatExecutedMeanwhile) {
  for (const Call at : {Call::kStat, Call::kOpenExe, Call::kStatus, Call::kHash, Call::kExeId}) {
    testing::FakeProcessSource source;
    source.Add(7, {});
    source.BeforeEach([at, done = false](Call call, int /*count*/, FakeProcess& process) mutable {
      if (call == at && !done) {
        Exec(process);
        done = true;
      }
    });
    const ProcessAttestor attestor({.source = source, .names = names_, .hasher = hasher_},
                                   {.wanted = kAll, .max_exe_bytes = 1000});
    const StatusOr<Facts> facts = attestor.Attest(*Pid::FromWire(7), {});
    ASSERT_THAT(facts, IsOk()) << static_cast<int>(at);
    EXPECT_EQ((*facts)->exe_path, "/usr/bin/other") << static_cast<int>(at);
    // The first read of all is the one exec that needs no second try.
    EXPECT_EQ(source.Count(Call::kOpenExe), at == Call::kStat ? 1 : 2) << static_cast<int>(at);
  }
}

TEST_F(ProcessAttestorTest, FailsOnAProcessThatExecutesWithoutEnd) {
  source_.Add(7, {});
  source_.BeforeEach([](Call call, int /*count*/, FakeProcess& process) {
    if (call == Call::kExeId) Exec(process);
  });
  EXPECT_THAT(Attest(7), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(source_.Count(Call::kOpenExe), 2);
}

TEST_F(ProcessAttestorTest, NoticesAnExecOfTheSameFile) {
  source_.Add(7, {});
  source_.BeforeEach([](Call call, int /*count*/, FakeProcess& process) {
    if (call == Call::kHash) process.stat.start_stack += 16;
  });
  EXPECT_THAT(Attest(7), StatusIs(StatusCode::kUnavailable));
}

// One that holds the number with another start time is another process.
TEST_F(ProcessAttestorTest, NoticesAnotherProcessUnderTheSameNumber) {
  source_.Add(7, {});
  source_.BeforeEach([](Call call, int /*count*/, FakeProcess& process) {
    if (call == Call::kExeId) process.stat.start_ticks += 1;
  });
  EXPECT_THAT(Attest(7), StatusIs(StatusCode::kUnavailable));
}

TEST_F(ProcessAttestorTest, SaysHowToLetItReadTheExecutable) {
  source_.Add(7, {});
  source_.FailOn(Call::kOpenExe, PermissionDenied("opening exe: EACCES"));
  const StatusOr<Facts> got = Attest(7);
  ASSERT_THAT(got, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Message(got.status()), HasSubstr("opening exe: EACCES; give the SPIRE agent"));
}

TEST_F(ProcessAttestorTest, NeverGivesAPartWhenACallFails) {
  for (const Call call : {Call::kOpen, Call::kRunning, Call::kStat, Call::kStatus, Call::kOpenExe,
                          Call::kExeId, Call::kHash}) {
    testing::FakeProcessSource source;
    source.Add(7, {});
    source.FailOn(call, Internal("EIO"));
    const ProcessAttestor attestor({.source = source, .names = names_, .hasher = hasher_},
                                   {.wanted = kAll, .max_exe_bytes = 1000});
    EXPECT_THAT(attestor.Attest(*Pid::FromWire(7), {}), StatusIs(StatusCode::kInternal))
        << static_cast<int>(call);
  }
}

TEST_F(ProcessAttestorTest, DoesNotBlameTheCallerForTextOfTheKernel) {
  source_.Add(7, {.stat_text = "7 (x) S 1"});
  EXPECT_THAT(Attest(7), StatusIs(StatusCode::kInternal));
  source_.Add(8, {.status_text = "Name:\tx\n"});
  EXPECT_THAT(Attest(8), StatusIs(StatusCode::kInternal));
}

TEST_F(ProcessAttestorTest, GivesNoIdentityOfCodeToADeletedExecutable) {
  source_.Add(7, {.exe = {.file = {}, .unlinked = true, .link = "/memfd:agent (deleted)"}});
  EXPECT_THAT(Selectors(7, {.uid = true, .exe_path = true, .exe_sha256 = true}),
              ElementsAre("uid:1000",
                          "no exe:sha256: the executable has been deleted or replaced, or never "
                          "had a name",
                          "no exe:path: the executable has been deleted or replaced, or never "
                          "had a name"));
  EXPECT_EQ(source_.Count(Call::kHash), 0);
}

// Its second name is gone, the file is not: " (deleted)" says nothing of it.
TEST_F(ProcessAttestorTest, HashesAnExecutableThatLostOneOfItsNames) {
  source_.Add(7, {.exe = {.file = {}, .unlinked = false, .link = "/usr/bin/agent (deleted)"}});
  EXPECT_THAT(Selectors(7, {.exe_path = true, .exe_sha256 = true}),
              ElementsAre("exe:sha256:ab" + std::string(62, '0'),
                          "no exe:path: the name of the executable has been removed"));
}

TEST_F(ProcessAttestorTest, SaysWhyAnExecutableHasNoHash) {
  for (const auto& [reason, text] :
       std::vector<std::pair<NoHash, std::string>>{{NoHash::kTooLarge, "max_exe_size"},
                                                   {NoHash::kSparse, "sparse"},
                                                   {NoHash::kNotRegular, "regular"},
                                                   {NoHash::kUserFileSystem, "FUSE"}}) {
    source_.Add(7, {.hash = reason});
    const StatusOr<Facts> facts = Attest(7);
    ASSERT_THAT(facts, IsOk());
    EXPECT_EQ((*facts)->exe_sha256, std::nullopt);
    EXPECT_EQ((*facts)->exe_path, "/usr/bin/agent");
    ASSERT_EQ((*facts)->withheld.size(), 1);
    EXPECT_THAT(std::string((*facts)->withheld[0].cause), HasSubstr(text));
  }
}

TEST_F(ProcessAttestorTest, TrustsAPathWithoutHashOnlyInItsOwnMounts) {
  source_.Add(7, {.hash = NoHash::kTooLarge, .shares_mount_namespace = false});
  const StatusOr<Facts> facts = Attest(7);
  ASSERT_THAT(facts, IsOk());
  EXPECT_EQ((*facts)->exe_path, std::nullopt);
  EXPECT_EQ((*facts)->withheld.size(), 2);

  // Beside the hash the text is worth what the hash is.
  source_.Add(8, {.shares_mount_namespace = false});
  const StatusOr<Facts> hashed = Attest(8);
  ASSERT_THAT(hashed, IsOk());
  EXPECT_EQ((*hashed)->exe_path, "/usr/bin/agent");
}

TEST_F(ProcessAttestorTest, PassesOnThatTheKernelHidesTheMounts) {
  source_.Add(7, {});
  source_.FailOn(Call::kMounts, PermissionDenied("ns/mnt: EACCES"));
  EXPECT_THAT(Attest(7, {.exe_path = true}), StatusIs(StatusCode::kPermissionDenied));
}

TEST_F(ProcessAttestorTest, LeavesOutNamesThatDoNotExist) {
  source_.Add(7, {.owner = {.uid = 4711, .gid = 4712}});
  EXPECT_THAT(Selectors(7, {.uid = true, .user = true, .group = true}), ElementsAre("uid:4711"));
}

TEST_F(ProcessAttestorTest, LeavesOutNamesWhoseDirectoryIsDown) {
  source_.Add(7, {});
  names_.FailWith(DeadlineExceeded("LDAP is slow"));
  EXPECT_THAT(Selectors(7, {.uid = true, .user = true, .group = true}),
              ElementsAre("uid:1000", "no user: the name could not be looked up",
                          "no group: the name could not be looked up"));
}

// Else a caller that has gone would look like a directory that is down.
TEST_F(ProcessAttestorTest, GivesNoPartWhenNobodyWaits) {
  source_.Add(7, {});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(Attest(7, kAll, stop.get_token()), StatusIs(StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Attest(7, {.user = true}, stop.get_token()), StatusIs(StatusCode::kDeadlineExceeded));
}

}  // namespace
}  // namespace svidence
