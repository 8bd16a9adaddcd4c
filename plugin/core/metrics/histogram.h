// Counts durations in fixed buckets, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace svidence::metrics {

// Upper bounds, inclusive; what is longer counts in all but these.
inline constexpr std::array<std::chrono::microseconds, 14> kBucketBounds = {{
    std::chrono::microseconds(100),
    std::chrono::microseconds(250),
    std::chrono::microseconds(500),
    std::chrono::milliseconds(1),
    std::chrono::microseconds(2500),
    std::chrono::milliseconds(5),
    std::chrono::milliseconds(10),
    std::chrono::milliseconds(25),
    std::chrono::milliseconds(50),
    std::chrono::milliseconds(100),
    std::chrono::milliseconds(250),
    std::chrono::seconds(1),
    std::chrono::milliseconds(2500),
    std::chrono::seconds(10),
}};

struct HistogramValues {
  // By bucket, not added up; the last holds what is longer than every bound.
  std::array<std::uint64_t, kBucketBounds.size() + 1> counts{};
  std::chrono::microseconds sum{0};

  friend bool operator==(const HistogramValues&, const HistogramValues&) = default;
};

// Thread-safe. Values read while others count may be of slightly different
// moments, as Prometheus allows; none is ever lost.
class Histogram {
 public:
  // A negative duration counts as 0.
  void Observe(std::chrono::microseconds duration);
  HistogramValues Read() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBucketBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_micros_{0};
};

}  // namespace svidence::metrics
