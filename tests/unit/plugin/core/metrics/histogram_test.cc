#include "plugin/core/metrics/histogram.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace svidence::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(HistogramTest, CountsABoundInItsOwnBucketAndWhatIsLongerInTheNext) {
  for (std::size_t i = 0; i < kBucketBounds.size(); ++i) {
    Histogram histogram;
    histogram.Observe(kBucketBounds[i]);
    histogram.Observe(kBucketBounds[i] + microseconds(1));
    const HistogramValues values = histogram.Read();
    EXPECT_EQ(values.counts[i], 1U) << i;
    EXPECT_EQ(values.counts[i + 1], 1U) << i;
    EXPECT_EQ(values.sum, 2 * kBucketBounds[i] + microseconds(1));
  }
}

TEST(HistogramTest, HasBoundsThatGrow) {
  EXPECT_TRUE(std::is_sorted(kBucketBounds.begin(), kBucketBounds.end()));
  EXPECT_EQ(std::adjacent_find(kBucketBounds.begin(), kBucketBounds.end()), kBucketBounds.end());
}

TEST(HistogramTest, CountsANegativeDurationAsZero) {
  Histogram histogram;
  histogram.Observe(seconds(-5));
  EXPECT_EQ(histogram.Read().counts[0], 1U);
  EXPECT_EQ(histogram.Read().sum, microseconds(0));
}

TEST(HistogramTest, LosesNothingWhenThreadsObserveAtOnce) {
  Histogram histogram;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&histogram] {
        for (int n = 0; n < 10000; ++n) histogram.Observe(microseconds(n));
      });
    }
  }
  const HistogramValues values = histogram.Read();
  EXPECT_EQ(std::accumulate(values.counts.begin(), values.counts.end(), std::uint64_t{0}), 40000U);
  EXPECT_EQ(values.sum, microseconds(4LL * 10000 * 9999 / 2));
}

}  // namespace
}  // namespace svidence::metrics
