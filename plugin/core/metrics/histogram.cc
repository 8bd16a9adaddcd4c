#include "plugin/core/metrics/histogram.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace svidence::metrics {

void Histogram::Observe(std::chrono::microseconds duration) {
  duration = std::max(duration, std::chrono::microseconds(0));
  const auto* const bound = std::lower_bound(kBucketBounds.begin(), kBucketBounds.end(), duration);
  const auto bucket = static_cast<std::size_t>(bound - kBucketBounds.begin());
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(duration.count(), std::memory_order_relaxed);
}

HistogramValues Histogram::Read() const {
  HistogramValues values;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    values.counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  values.sum = std::chrono::microseconds(sum_micros_.load(std::memory_order_relaxed));
  return values;
}

}  // namespace svidence::metrics
