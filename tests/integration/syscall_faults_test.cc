// Every system call of a run, once killed at and once failing: strace lists the calls of
// a good run, then the run is made again for each of them with that call tampered with.
// Afterwards the ledger must open, verify, and hold all that was acknowledged.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/integration/driver_process.h"
#include "tests/support/long_run.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using std::chrono::milliseconds;
using testing::Child;
using testing::Promised;
using testing::TemporaryDirectory;

constexpr milliseconds kPatience{20'000};
constexpr const char* kEntries = "24";
constexpr const char* kBatch = "3";

// The part of a run that is tampered with. strace counts calls for each thread by
// itself: the main thread opens and closes, the committer's appends.
enum class Part { kOpen, kAppend };

struct Call {
  std::string name;
  std::size_t number = 0;  // the so-manieth of its name in its thread, from 1
};

struct Outcome {
  Promised promised;
  int status = 0;
  bool ended = false;  // it went to its end by itself
};

// Runs the driver in `dir`, `part` of it under strace with `options`.
Outcome RunTraced(const std::string& dir, Part part, const std::vector<std::string>& options) {
  Outcome outcome;
  const auto take = [&outcome](const std::string& line) {
    outcome.promised.Take(line);
    outcome.ended = outcome.ended || line == "end";
  };
  std::vector<std::string> strace{"strace", "-f"};
  strace.insert(strace.end(), options.begin(), options.end());
  std::vector<std::string> driver{SVIDENCE_LEDGER_DRIVER, dir, kEntries, kBatch};
  if (part == Part::kOpen) {
    strace.insert(strace.end(), driver.begin(), driver.end());
    Child child(strace);
    while (const auto line = child.ReadLine(kPatience)) take(*line);
    outcome.status = child.Wait();
    return outcome;
  }
  driver.emplace_back("--wait");
  Child child(driver);
  const auto opened = child.ReadLine(kPatience);
  if (!opened) return outcome;
  take(*opened);
  strace.insert(strace.end(), {"-p", std::to_string(child.pid())});
  Child tracer(strace, /*merged=*/true);
  if (!tracer.ReadLine(kPatience)) return outcome;  // "strace: Process 7 attached"
  child.Write("\n");
  while (const auto line = child.ReadLine(kPatience)) take(*line);
  outcome.status = child.Wait();
  tracer.Wait();
  return outcome;
}

// A ledger that a process was killed over: opening it has to recover.
void LeaveUnclean(const std::string& dir) {
  Child driver({SVIDENCE_LEDGER_DRIVER, dir, "1000000", "4"});
  for (int k = 0; k < 30; ++k) driver.ReadLine(kPatience);
  driver.Kill();
  driver.Wait();
}

// The calls of a good run that touch files.
std::vector<Call> ListCalls(Part part, bool unclean) {
  const TemporaryDirectory dir;
  if (unclean) LeaveUnclean(dir.path());
  const std::string log = dir.File("strace");
  const Outcome outcome = RunTraced(dir.path(), part, {"-o", log, "-e", "trace=%file,%desc"});
  EXPECT_TRUE(outcome.ended);
  std::map<std::pair<std::string, std::string>, std::size_t> counts;  // by thread and name
  std::map<std::string, std::size_t> most;
  const std::regex form(R"(^(\d+) +(\w+)\()");
  std::ifstream in(log);
  std::string line;
  while (std::getline(in, line)) {
    std::smatch found;
    if (!std::regex_search(line, found, form)) continue;
    const std::size_t count = ++counts[{found[1], found[2]}];
    most[found[2]] = std::max(most[found[2]], count);
  }
  std::vector<Call> calls;
  for (const auto& [name, count] : most) {
    for (std::size_t number = 1; number <= count; ++number) calls.push_back({name, number});
  }
  return calls;
}

// What the run with one call tampered with has broken; empty if nothing.
std::string BrokenBy(Part part, bool unclean, const Call& call, const std::string& tampering) {
  const TemporaryDirectory dir;
  if (unclean) LeaveUnclean(dir.path());
  const Outcome outcome =
      RunTraced(dir.path(), part,
                {"-o", "/dev/null", "-e", "trace=" + call.name, "-e",
                 "inject=" + call.name + ":" + tampering + ":when=" + std::to_string(call.number)});
  const std::string which = call.name + " " + std::to_string(call.number) + " " + tampering;
  const std::string broken = outcome.promised.Broken(dir.path());
  return broken.empty() ? "" : which + ": " + broken;
}

// Every `step`-th of `calls` that `matters`, and all of them in a long run.
void TamperWithAll(Part part, bool unclean, const std::string& tampering,
                   const std::vector<std::string>& matters, std::size_t step) {
  std::vector<Call> calls = ListCalls(part, unclean);
  ASSERT_GT(calls.size(), 20U);
  if (!matters.empty()) {
    std::erase_if(calls, [&](const Call& call) {
      return std::find(matters.begin(), matters.end(), call.name) == matters.end();
    });
  }
  ASSERT_FALSE(calls.empty());
  const std::size_t stride = testing::LongRun() ? 1 : std::max<std::size_t>(calls.size() / step, 1);
  std::size_t tried = 0;
  for (std::size_t k = 0; k < calls.size(); k += stride, ++tried) {
    ASSERT_EQ(BrokenBy(part, unclean, calls[k], tampering), "");
  }
  std::printf("%s at %zu of %zu calls\n", tampering.c_str(), tried, calls.size());
}

// Calls whose failure says something about the disk.
std::vector<std::string> Writing() {
  return {"pwrite64", "fdatasync", "fsync", "ftruncate", "openat",   "write",
          "rename",   "unlink",    "mkdir", "fchmod",    "fallocate"};
}
std::vector<std::string> Reading() { return {"pread64", "read", "fstat", "newfstatat", "fcntl"}; }

constexpr std::size_t kTried = 14;  // of each table, when there is little time

TEST(SyscallFaultsTest, KilledAnywhereWhileItOpensANewLedger) {
  TamperWithAll(Part::kOpen, false, "signal=KILL", Writing(), kTried);
}
TEST(SyscallFaultsTest, KilledAnywhereWhileItRecovers) {
  TamperWithAll(Part::kOpen, true, "signal=KILL", {}, kTried);
}
TEST(SyscallFaultsTest, KilledAnywhereWhileItAppends) {
  TamperWithAll(Part::kAppend, false, "signal=KILL", {}, 2 * kTried);
}
TEST(SyscallFaultsTest, AnIoErrorAnywhereWhileItOpens) {
  TamperWithAll(Part::kOpen, true, "error=EIO", Writing(), kTried);
}
TEST(SyscallFaultsTest, AnIoErrorAnywhereWhileItAppends) {
  TamperWithAll(Part::kAppend, false, "error=EIO", Writing(), 2 * kTried);
}
TEST(SyscallFaultsTest, AReadThatFailsAnywhere) {
  TamperWithAll(Part::kAppend, false, "error=EIO", Reading(), kTried);
}
TEST(SyscallFaultsTest, AFullDiskAnywhere) {
  TamperWithAll(Part::kAppend, false, "error=ENOSPC", Writing(), kTried);
}
TEST(SyscallFaultsTest, AnInterruptedCallAnywhere) {
  TamperWithAll(Part::kAppend, false, "error=EINTR", {"pwrite64", "fdatasync", "fsync"}, kTried);
}

// Not the disk but a quota or a limit is full: told as that, and over when it is over.
TEST(SyscallFaultsTest, AQuotaIsToldAsAFullDiskAndHeals) {
  for (const char* error : {"EDQUOT", "EFBIG", "ENOSPC"}) {
    const TemporaryDirectory dir;
    const Outcome outcome =
        RunTraced(dir.path(), Part::kAppend,
                  {"-o", "/dev/null", "-e", "trace=pwrite64", "-e",
                   std::string("inject=pwrite64:error=") + error + ":when=9..12"});
    EXPECT_TRUE(outcome.ended) << error;
    ASSERT_FALSE(outcome.promised.troubles().empty()) << error;
    const std::string& said = outcome.promised.troubles().front();
    EXPECT_TRUE(std::regex_search(
        said, std::regex("database or disk is full|Disk quota exceeded|File too large")))
        << error << ": " << said;
    EXPECT_GT(outcome.promised.size(), 10U) << error;  // it went on
    EXPECT_EQ(outcome.promised.Broken(dir.path()), "") << error;
  }
}

// After a sync that failed there is no second try: the process ends and says nothing.
TEST(SyscallFaultsTest, AFailedSyncEndsTheProcess) {
  const TemporaryDirectory dir;
  const Outcome outcome = RunTraced(
      dir.path(), Part::kAppend,
      {"-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=3"});
  EXPECT_FALSE(outcome.ended);
  EXPECT_TRUE(WIFEXITED(outcome.status));
  EXPECT_EQ(WEXITSTATUS(outcome.status), 4);
  EXPECT_EQ(outcome.promised.Broken(dir.path()), "");
}

// The planted bug: the same table must find it.
TEST(SyscallFaultsTest, FindsAnAnswerBeforeTheCommit) {
  std::string broken;
  for (std::size_t number = 2; number < 40 && broken.empty(); ++number) {
    const TemporaryDirectory dir;
    Promised promised;
    Child child({"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
                 "inject=pwrite64:signal=KILL:when=" + std::to_string(number),
                 SVIDENCE_LEDGER_DRIVER, dir.path(), kEntries, kBatch, "--ack-early"});
    while (const auto line = child.ReadLine(kPatience)) promised.Take(*line);
    child.Wait();
    broken = promised.Broken(dir.path());
  }
  EXPECT_NE(broken, "");
}

}  // namespace
}  // namespace svidence
