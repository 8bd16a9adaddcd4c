#include "plugin/core/trust/decay.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "attestors/base/json.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::trust {
namespace {

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

// One row of the vectors, and of the table below, in their order.
struct Row {
  Score score;
  Score floor;
  std::int64_t half_life;
  std::int64_t hold;
  std::int64_t elapsed;
  Score want;
};

Score DecayOf(const Row& row) {
  return Decay(row.score, {.half_life = row.half_life, .floor = row.floor, .hold = row.hold},
               row.elapsed);
}

class DecayVectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StatusOr<Json> file = ParseStrictJson(testing::ReadGolden("decay/decay_vectors_500.json"),
                                          {.max_bytes = std::size_t{64} * 1024});
    ASSERT_THAT(file, testing::IsOk());
    vectors_ = *std::move(file);
  }
  Json vectors_;
};

TEST_F(DecayVectorsTest, MultipliesWithTheTableOfTheVectors) {
  ASSERT_NE(vectors_.Find("C"), nullptr);
  std::vector<std::string> ours;
  for (const std::uint64_t constant : GetDecayTable()) ours.push_back(std::to_string(constant));
  std::vector<std::string> theirs;
  for (const Json& constant : *vectors_.Find("C")->array()) theirs.push_back(*constant.text());
  EXPECT_EQ(ours, theirs);
}

TEST_F(DecayVectorsTest, GivesExactlyTheScoreOfEveryVector) {
  ASSERT_NE(vectors_.Find("v"), nullptr);
  const JsonArray& rows = *vectors_.Find("v")->array();
  ASSERT_EQ(rows.size(), 500U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const JsonArray& cells = *rows[i].array();
    ASSERT_EQ(cells.size(), 6U);
    const auto cell = [&cells](std::size_t k) { return *cells[k].integer(); };
    const Row row{cell(0), cell(1), cell(2), cell(3), cell(4), cell(5)};
    EXPECT_EQ(DecayOf(row), row.want) << "row " << i;
  }
}

struct Case {
  const char* name;
  Row row;
};

class DecayCaseTest : public ::testing::TestWithParam<Case> {};

TEST_P(DecayCaseTest, GivesTheScore) { EXPECT_EQ(DecayOf(GetParam().row), GetParam().row.want); }

INSTANTIATE_TEST_SUITE_P(
    Edges, DecayCaseTest,
    ::testing::Values(Case{"ClockBehind", {8750, 1000, 86400, 0, -1, 8750}},
                      Case{"Start", {8750, 1000, 86400, 0, 0, 8750}},
                      Case{"RoundsDownAtOnce", {8750, 1000, 86400, 0, 1, 8749}},
                      Case{"LastSecondOfHold", {8750, 1000, 86400, 600, 600, 8750}},
                      Case{"FirstSecondAfterHold", {8750, 1000, 86400, 600, 601, 8749}},
                      Case{"OneHalfLife", {8750, 1000, 86400, 0, 86400, 4875}},
                      Case{"OneHundredthLeft", {10000, 0, 1, 0, 13, 1}},
                      Case{"NothingLeft", {10000, 0, 1, 0, 14, 0}},
                      Case{"EarlyReturn", {10000, 0, 1, 0, 32, 0}},
                      Case{"FractionRoundsUpToOne", {10000, 0, 315360000, 0, 315359999, 5000}},
                      Case{"FractionRoundsUp", {10000, 0, 22176767, 0, 9642298, 7397}},
                      Case{"FractionRoundsUpAgain", {10000, 0, 212247459, 0, 100080760, 7211}},
                      Case{"LargestHalfLifeAndHold",
                           {10000, 0, 315360000, 315360000, 630720000, 5000}},
                      Case{"ScoreAtFloor", {500, 500, 300, 0, 99999, 500}},
                      Case{"ScoreBelowFloor", {499, 500, 300, 0, 99999, 499}},
                      Case{"LargestTime", {10000, 0, 86400, 0, 253402300799, 0}}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    OutOfRange, DecayCaseTest,
    ::testing::Values(Case{"ScoreAboveMaximum", {kInt64Max, 0, 1, 0, 0, 10000}},
                      Case{"ScoreBelowZero", {kInt64Min, 0, 1, 0, 0, 0}},
                      Case{"FloorAboveMaximum", {10000, kInt64Max, 1, 0, 99, 10000}},
                      Case{"FloorBelowZero", {10000, kInt64Min, 1, 0, 14, 0}},
                      Case{"HalfLifeZero", {10000, 0, 0, 0, 13, 1}},
                      Case{"HalfLifeNegative", {10000, 0, kInt64Min, 0, 13, 1}},
                      Case{"HalfLifeTooLong", {10000, 0, kInt64Max, 0, 315360000, 5000}},
                      Case{"HoldNegative", {10000, 0, 1, kInt64Min, 13, 1}},
                      Case{"HoldTooLong", {10000, 0, 1, kInt64Max, kMaxHold + 13, 1}},
                      Case{"ElapsedSmallest", {10000, 0, 1, kInt64Max, kInt64Min, 10000}},
                      Case{"ElapsedLargest", {10000, 0, 315360000, 0, kInt64Max, 0}}),
    [](const ::testing::TestParamInfo<Case>& test) { return std::string(test.param.name); });

// Random rules and times, the same in every run.
class DecayPropertyTest : public ::testing::Test {
 protected:
  static constexpr int kRounds = 20000;

  std::int64_t Draw(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }
  Row DrawRow() {
    const std::int64_t half_life = Draw(1, Draw(0, 1) == 0 ? 1000 : kMaxHalfLife);
    return {.score = Draw(0, kMaxScore),
            .floor = Draw(0, 1) == 0 ? 0 : Draw(0, kMaxScore),
            .half_life = half_life,
            .hold = Draw(0, 2) == 0 ? Draw(0, 100000) : 0,
            .elapsed = Draw(-10, half_life * Draw(1, 40)),
            .want = 0};
  }

  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): a fixed seed is the point.
  std::mt19937_64 engine_{7};
};

// The formula that the rule approximates, in floating point.
long double RealValue(const Row& row) {
  if (row.score <= row.floor) return static_cast<long double>(row.score);
  const std::int64_t time =
      std::max<std::int64_t>(std::max<std::int64_t>(row.elapsed, 0) - row.hold, 0);
  const auto halvings = static_cast<long double>(time) / static_cast<long double>(row.half_life);
  return static_cast<long double>(row.floor) +
         static_cast<long double>(row.score - row.floor) * std::exp2(-halvings);
}

TEST_F(DecayPropertyTest, NeverOverstatesTrustAndUnderstatesItByAboutOneHundredthAtMost) {
  for (int i = 0; i < kRounds; ++i) {
    const Row row = DrawRow();
    const auto got = static_cast<long double>(DecayOf(row));
    const long double real = RealValue(row);
    ASSERT_LE(got, real + 1e-9L) << row.score << ' ' << row.floor << ' ' << row.half_life << ' '
                                 << row.hold << ' ' << row.elapsed;
    ASSERT_GT(got, real - 1.0005L) << row.score << ' ' << row.floor << ' ' << row.half_life << ' '
                                   << row.hold << ' ' << row.elapsed;
  }
}

TEST_F(DecayPropertyTest, NeverRisesWithTime) {
  for (int i = 0; i < kRounds; ++i) {
    Row row = DrawRow();
    const Score earlier = DecayOf(row);
    row.elapsed += Draw(0, 2 * row.half_life);
    ASSERT_LE(DecayOf(row), earlier);
  }
}

TEST_F(DecayPropertyTest, NeverFallsBelowScoreOrFloorWhicheverIsLess) {
  for (int i = 0; i < kRounds; ++i) {
    const Row row = DrawRow();
    ASSERT_GE(DecayOf(row), std::min(row.score, row.floor));
  }
}

}  // namespace
}  // namespace svidence::trust
