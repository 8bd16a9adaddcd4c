// What every ProcessSource must do; the same cases for the fake and for procfs.
// Behind them, what only real processes can be: deleted, in memory, stopped, dead.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestors/base/encoding.h"
#include "attestors/policy/selector_policy.h"
#include "attestors/policy/workload_attestation.h"
#include "attestors/process/process_owner.h"
#include "attestors/process/process_stat.h"
#include "plugin/adapters/linux/exe_hash_cache.h"
#include "plugin/adapters/linux/nss_name_directory.h"
#include "plugin/adapters/linux/procfs_process_source.h"
#include "plugin/adapters/linux/system_clock.h"
#include "plugin/adapters/openssl/hasher.h"
#include "tests/support/fake_process_source.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::IsOkAndHolds;
using ::svidence::testing::StatusIs;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// Above PID_MAX_LIMIT (2^22), see proc(5): no process has it.
constexpr std::int32_t kGonePid = (1 << 22) + 1;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30U;

// A child that waits in pause(), or has executed `program`, until it is killed.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ == 0) {
      while (true) pause();
    }
  }
  // Returns once the child executes `program`: the pipe closes at execve(2).
  explicit Child(const std::string& program) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      execl(program.c_str(), program.c_str(), "60", nullptr);
      _exit(127);
    }
    close(ends[1]);
    char unused = 0;
    while (read(ends[0], &unused, 1) > 0) {
    }
    close(ends[0]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { End(); }

  void Kill() const { kill(pid_, SIGKILL); }
  void End() {
    if (pid_ <= 0) return;
    Kill();
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::int32_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

struct FakeBackend {
  FakeBackend() { source.Add(7, {}); }
  const ProcessSource& Get() const { return source; }
  std::int32_t alive() const { return 7; }
  testing::FakeProcessSource source;
};

struct ProcfsBackend {
  const ProcessSource& Get() const { return *source; }
  std::int32_t alive() const { return getpid(); }
  linux_os::SystemClock clock;
  linux_os::ExeHashCache hashes{clock, 16};
  std::unique_ptr<linux_os::ProcfsProcessSource> source =
      *linux_os::ProcfsProcessSource::Open("/proc", hashes);
};

template <typename Backend>
class ProcessSourceContractTest : public ::testing::Test {
 protected:
  StatusOr<std::unique_ptr<ProcessHandle>> Open(std::int32_t pid) const {
    return backend_.Get().Open(*Pid::FromWire(pid));
  }
  Backend backend_;
};

using Backends = ::testing::Types<FakeBackend, ProcfsBackend>;
TYPED_TEST_SUITE(ProcessSourceContractTest, Backends);

TYPED_TEST(ProcessSourceContractTest, GivesTextsThatParseForARunningProcess) {
  const auto process = this->Open(this->backend_.alive());
  ASSERT_THAT(process, IsOk());
  EXPECT_THAT((*process)->Running(), IsOkAndHolds(true));
  const StatusOr<std::string> stat = (*process)->Read(ProcessText::kStat);
  ASSERT_THAT(stat, IsOk());
  EXPECT_THAT(ParseProcessStat(*stat), IsOk());
  const StatusOr<std::string> status = (*process)->Read(ProcessText::kStatus);
  ASSERT_THAT(status, IsOk());
  EXPECT_THAT(ParseProcessOwner(*status), IsOk());
}

TYPED_TEST(ProcessSourceContractTest, NamesTheSameExecutableTwice) {
  const auto process = this->Open(this->backend_.alive());
  ASSERT_THAT(process, IsOk());
  const auto exe = (*process)->OpenExe();
  ASSERT_THAT(exe, IsOk());
  EXPECT_THAT((*process)->ExeId(), IsOkAndHolds((*exe)->facts().file));
  EXPECT_FALSE((*exe)->facts().unlinked);
  EXPECT_THAT((*exe)->facts().link, StartsWith("/"));
}

TYPED_TEST(ProcessSourceContractTest, HashesWithinTheBoundAndForThoseWhoWait) {
  const auto process = this->Open(this->backend_.alive());
  ASSERT_THAT(process, IsOk());
  const auto exe = (*process)->OpenExe();
  ASSERT_THAT(exe, IsOk());
  EXPECT_THAT((*exe)->Hash({.max_bytes = 0, .uid = 0}, {}),
              IsOkAndHolds(ExeHash(NoHash::kTooLarge)));
  const StatusOr<ExeHash> hash = (*exe)->Hash({.max_bytes = kMaxBytes, .uid = 0}, {});
  ASSERT_THAT(hash, IsOk());
  EXPECT_TRUE(std::holds_alternative<Digest>(*hash));
}

TYPED_TEST(ProcessSourceContractTest, SaysNotFoundForAProcessThatIsGone) {
  EXPECT_THAT(this->Open(kGonePid), StatusIs(StatusCode::kNotFound));
}

// Real processes, through the whole of attestation.
class AttestProcessTest : public ::testing::Test {
 protected:
  StatusOr<std::vector<std::string>> Attest(std::int32_t pid) const {
    StatusOr<Selection> selection = attestation_.Attest(pid, {});
    if (!selection.ok()) return selection.status();
    return selection->values;
  }
  // A program of its own name and inode, that does nothing for a minute.
  std::string CopyOfSleep(const std::string& name) const {
    const std::string path = directory_.File(name);
    std::filesystem::copy_file("/bin/sleep", path);
    return path;
  }
  static std::string HashOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return DigestText(openssl::OpenSslHasher::Create()->Sha256({bytes}));
  }

  testing::TemporaryDirectory directory_;
  ProcfsBackend procfs_;
  linux_os::NssNameDirectory names_{procfs_.clock};
  openssl::OpenSslHasher hasher_ = *openssl::OpenSslHasher::Create();
  std::vector<std::string> kinds_{AllSelectorKinds().begin(), AllSelectorKinds().end()};
  WorkloadAttestation attestation_{{.source = *procfs_.source, .names = names_, .hasher = hasher_},
                                   *SelectorPolicy::Create(kinds_),
                                   kMaxBytes};
};

TEST_F(AttestProcessTest, TellsUserExecutableAndItsContent) {
  const std::string program = CopyOfSleep("agent");
  const Child child(program);
  const StatusOr<std::vector<std::string>> selectors = Attest(child.pid());
  ASSERT_THAT(selectors, IsOk());
  EXPECT_THAT(*selectors, Contains("uid:" + std::to_string(geteuid())));
  EXPECT_THAT(*selectors, Contains("exe:path:" + program));
  EXPECT_THAT(*selectors, Contains("exe:" + HashOf(program)));
  EXPECT_THAT(*selectors, Contains(StartsWith("instance:")));
}

TEST_F(AttestProcessTest, GivesEachRunAnInstanceOfItsOwnThatLasts) {
  const Child one;
  const Child two;
  const std::string first = (*Attest(one.pid())).back();
  EXPECT_EQ((*Attest(one.pid())).back(), first);
  EXPECT_NE((*Attest(two.pid())).back(), first);
}

TEST_F(AttestProcessTest, GivesADeletedExecutableNeitherPathNorHash) {
  const std::string program = CopyOfSleep("agent");
  const Child child(program);
  ASSERT_EQ(unlink(program.c_str()), 0);
  const StatusOr<std::vector<std::string>> selectors = Attest(child.pid());
  ASSERT_THAT(selectors, IsOk());
  EXPECT_THAT(*selectors, Not(Contains(StartsWith("exe:"))));
  EXPECT_THAT(*selectors, Contains(StartsWith("instance:")));
}

TEST_F(AttestProcessTest, IsNotFooledByAnotherFileAtTheOldPath) {
  const std::string program = CopyOfSleep("agent");
  const Child child(program);
  const std::string other = directory_.File("other");
  { std::ofstream(other) << "trusted content"; }
  ASSERT_EQ(rename(other.c_str(), program.c_str()), 0);
  const StatusOr<std::vector<std::string>> selectors = Attest(child.pid());
  ASSERT_THAT(selectors, IsOk());
  EXPECT_THAT(*selectors, Not(Contains("exe:path:" + program)));
  EXPECT_THAT(*selectors, Not(Contains("exe:" + HashOf(program))));
}

TEST_F(AttestProcessTest, GivesAnExecutableInMemoryNeitherPathNorHash) {
  const int memory = memfd_create("sshd", 0);
  ASSERT_GE(memory, 0);
  std::ifstream file("/bin/sleep", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_EQ(write(memory, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  const Child child("/proc/self/fd/" + std::to_string(memory));
  close(memory);
  const StatusOr<std::vector<std::string>> selectors = Attest(child.pid());
  ASSERT_THAT(selectors, IsOk());
  EXPECT_THAT(*selectors, Not(Contains(StartsWith("exe:"))));
}

TEST_F(AttestProcessTest, AttestsAStoppedProcess) {
  const Child child;
  ASSERT_EQ(kill(child.pid(), SIGSTOP), 0);
  const StatusOr<std::vector<std::string>> selectors = Attest(child.pid());
  ASSERT_THAT(selectors, IsOk());
  EXPECT_THAT(*selectors, Contains(StartsWith("exe:sha256:")));
}

TEST_F(AttestProcessTest, GivesNothingForAZombieOrAProcessThatIsGone) {
  Child child;
  const std::int32_t pid = child.pid();
  child.Kill();
  siginfo_t info{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_THAT(Attest(pid), IsOkAndHolds(IsEmpty()));
  child.End();
  EXPECT_THAT(Attest(pid), IsOkAndHolds(IsEmpty()));
}

TEST_F(AttestProcessTest, GivesNothingForAThreadsIdOrANumberThatNobodyHas) {
  std::atomic<std::int32_t> thread_id = 0;
  std::jthread thread([&](const std::stop_token& stop) {
    thread_id = static_cast<std::int32_t>(syscall(SYS_gettid));
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  while (thread_id == 0) std::this_thread::yield();
  EXPECT_THAT(Attest(thread_id), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Attest(0), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Attest(kGonePid), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Attest(-1), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(AttestProcessTest, GivesNothingForAKernelThread) {
  const std::filesystem::path kthreadd = "/proc/2/comm";
  std::string name;
  std::getline(std::ifstream(kthreadd), name);
  if (name != "kthreadd") GTEST_SKIP() << "no kernel thread in this PID namespace";
  EXPECT_THAT(Attest(2), IsOkAndHolds(IsEmpty()));
}

// A process that turns into one program after the other, as fast as it can: each
// answer must be of one of them, whole.
TEST_F(AttestProcessTest, NeverMixesTheProgramsOfAProcessThatExecutesOnAndOn) {
  const std::string script = directory_.File("loop.sh");
  const std::string one = directory_.File("one");
  const std::string two = directory_.File("two");
  std::filesystem::copy_file("/bin/sh", one);
  std::filesystem::copy_file("/bin/sh", two);
  { std::ofstream(two, std::ios::app) << "two"; }
  std::ofstream(script) << "exec \"$2\" \"$0\" \"$2\" \"$1\"\n";
  const pid_t pid = fork();
  if (pid == 0) {
    execl(one.c_str(), one.c_str(), script.c_str(), one.c_str(), two.c_str(), nullptr);
    _exit(127);
  }
  const std::string hash_of_one = "exe:" + HashOf(one);
  const std::string hash_of_two = "exe:" + HashOf(two);
  int whole = 0;
  for (int i = 0; i < 300; ++i) {
    const StatusOr<std::vector<std::string>> got = Attest(pid);
    if (!got.ok()) {
      EXPECT_THAT(got, StatusIs(StatusCode::kUnavailable));
      continue;
    }
    const auto has = [&](const std::string& selector) {
      return std::find(got->begin(), got->end(), selector) != got->end();
    };
    if (!has(hash_of_one) && !has(hash_of_two)) continue;  // still this test's own program
    ++whole;
    EXPECT_NE(has(hash_of_one), has(hash_of_two));
    EXPECT_EQ(has(hash_of_one), has("exe:path:" + one));
    EXPECT_EQ(has(hash_of_two), has("exe:path:" + two));
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  RecordProperty("whole", whole);
}

}  // namespace
}  // namespace svidence
