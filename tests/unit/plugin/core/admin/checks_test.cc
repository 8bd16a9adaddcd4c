#include "plugin/core/admin/checks.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace svidence::admin {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kMebibyte = std::uint64_t{1024} * 1024;
constexpr std::int64_t kDayMillis = std::int64_t{24} * 3600 * 1000;

struct Case {
  const char* name;
  Check check;
  Level level;
  const char* detail;
};

class ChecksTest : public ::testing::TestWithParam<Case> {};

TEST_P(ChecksTest, SaysHowBadItIsAndWhy) {
  EXPECT_EQ(GetParam().check.level, GetParam().level);
  EXPECT_THAT(GetParam().check.detail, HasSubstr(GetParam().detail));
}

ledger::CommitterStats Committer(std::string trouble) {
  ledger::CommitterStats stats;
  stats.head.size = 42;
  stats.trouble = std::move(trouble);
  return stats;
}

// A ledger of 1000 bytes an entry that gets 1000 entries a day.
DiskUse Disk(std::uint64_t free_bytes) {
  return {.free_bytes = free_bytes,
          .ledger_bytes = 10'000'000,
          .entries = 10'000,
          .entries_since = 1000,
          .since_millis = kDayMillis - 1};
}

INSTANTIATE_TEST_SUITE_P(
    All, ChecksTest,
    ::testing::Values(
        Case{"LedgerGood", LedgerCheck(Committer("")), Level::kOk, "42 entries"},
        Case{"LedgerBad", LedgerCheck(Committer("disk full")), Level::kBad, "disk full"},
        Case{"RevocationGood", RevocationCheck({}), Level::kOk, "nothing pending"},
        Case{"RevocationUnrecorded",
             RevocationCheck({.unrecorded = 2,
                              .pending_deletions = 1,
                              .ledger_trouble = "full",
                              .spire_trouble = "down"}),
             Level::kBad, "2 in force but not in the ledger yet: full"},
        Case{"RevocationPending",
             RevocationCheck({.unrecorded = 0,
                              .pending_deletions = 3,
                              .ledger_trouble = {},
                              .spire_trouble = "down"}),
             Level::kWarn, "3 revoked identities: down"},
        Case{"SpireGood", SpireCheck(OkStatus()), Level::kOk, "answers"},
        Case{"SpireDown", SpireCheck(Unavailable("no socket")), Level::kWarn, "no socket"},
        Case{"SignerGood", SignerCheck(OkStatus(), "the key"), Level::kOk, "the key"},
        Case{"SignerBad", SignerCheck(NotFound("no key"), ""), Level::kBad, "no key"},
        Case{"DiskFull", DiskCheck(Disk(0)), Level::kBad, "full"},
        Case{"DiskUnknownPace", DiskCheck({.free_bytes = kMebibyte}), Level::kOk, "1 MiB free"},
        Case{"DiskLong", DiskCheck(Disk(100'000'000)), Level::kOk, "days at 984 entries a day"},
        Case{"DiskShort", DiskCheck(Disk(20'000'000)), Level::kWarn, "20 days"},
        Case{"DiskAlmostFull", DiskCheck(Disk(900'000)), Level::kBad, "0 days"},
        Case{"ClockGood", ClockCheck(10'000, 10'000), Level::kOk, "not behind"},
        Case{"ClockTolerable", ClockCheck(10'000, 12'000), Level::kOk, "not behind"},
        Case{"ClockBehind", ClockCheck(10'000, 3'610'000), Level::kWarn, "3600 s behind"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace svidence::admin
