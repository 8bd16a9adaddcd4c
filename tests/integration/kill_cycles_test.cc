// A process that is killed at moments of no plan, again and again, under load.
#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/driver_process.h"
#include "tests/support/long_run.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::Child;
using testing::Promised;
using testing::TemporaryDirectory;

constexpr milliseconds kPatience{20'000};
constexpr const char* kEndless = "1000000";
// A new ledger after so many: each start reads the whole of it.
constexpr std::size_t kCyclesOfALedger = 100;

// 200; SVIDENCE_KILLS or --long say more.
std::size_t Cycles() {
  if (const char* told = std::getenv("SVIDENCE_KILLS")) return std::strtoul(told, nullptr, 10);
  return testing::LongRun() ? 10'000 : 200;
}

// Lets the driver run for a random while, half of the times from its start on, half
// from the moment when the ledger is open, and kills it. Takes all that it had said.
void RunAndKill(const std::string& dir, std::mt19937_64& random, Promised& promised,
                const std::vector<std::string>& extra) {
  std::vector<std::string> argv{SVIDENCE_LEDGER_DRIVER, dir, kEndless,
                                std::to_string(1 + random() % 16)};
  argv.insert(argv.end(), extra.begin(), extra.end());
  Child driver(argv);
  if (random() % 2 == 0) {
    if (const auto line = driver.ReadLine(kPatience)) promised.Take(*line);
  }
  const auto until = std::chrono::steady_clock::now() + microseconds(random() % 30'000);
  while (std::chrono::steady_clock::now() < until) {
    if (const auto line = driver.ReadLine(milliseconds(1))) promised.Take(*line);
  }
  driver.Kill();
  driver.Wait();
  while (const auto line = driver.ReadLine(milliseconds(0))) promised.Take(*line);
}

TEST(KillCyclesTest, NoAcknowledgedEntryIsLost) {
  std::mt19937_64 random(20261125);
  std::size_t entries = 0;
  for (std::size_t done = 0; done < Cycles(); done += kCyclesOfALedger) {
    const TemporaryDirectory dir;
    Promised promised;
    for (std::size_t k = 0; k < kCyclesOfALedger && done + k < Cycles(); ++k) {
      RunAndKill(dir.path(), random, promised, {});
      // The next start finds a gap or a loss that the mark knows of; it says so.
      ASSERT_TRUE(promised.troubles().empty())
          << "cycle " << done + k << ": " << promised.troubles().front();
      if (k % 10 == 9) {
        ASSERT_EQ(promised.Broken(dir.path()), "") << "cycle " << done + k;
      }
    }
    ASSERT_EQ(promised.Broken(dir.path()), "");
    entries += promised.size();
  }
  ASSERT_GT(entries, Cycles());
  RecordProperty("acknowledged", static_cast<int>(entries));
  std::printf("%zu cycles, %zu entries promised, none lost\n", Cycles(), entries);
}

// The planted bug: it says "durable" before it is.
TEST(KillCyclesTest, FindsAnAnswerBeforeTheCommit) {
  std::mt19937_64 random(1);
  const TemporaryDirectory dir;
  Promised promised;
  std::string broken;
  for (int k = 0; k < 100 && broken.empty(); ++k) {
    RunAndKill(dir.path(), random, promised, {"--ack-early"});
    broken = promised.Broken(dir.path());
  }
  EXPECT_NE(broken, "");
}

}  // namespace
}  // namespace svidence
