// The values of many metrics at one moment, and their text for Prometheus.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/histogram.h"

namespace svidence::metrics {

struct Sample {
  const Definition* definition;  // one of the catalog's; lives for ever
  std::string label_value;       // empty unless the definition has a label
  std::variant<std::int64_t, HistogramValues> value;

  friend bool operator==(const Sample&, const Sample&) = default;
};

// Not thread-safe. `definition` is one of the catalog's in every call.
class Samples {
 public:
  void Add(const Definition& definition, std::int64_t value);
  // Counts are kept as int64: from 2^63 on the largest stands for them.
  void AddCount(const Definition& definition, std::uint64_t value);
  void AddLabelled(const Definition& definition, std::string_view label_value, std::int64_t value);
  void AddCount(const Definition& definition, std::string_view label_value, std::uint64_t value);
  void AddHistogram(const Definition& definition, const HistogramValues& values);

  const std::vector<Sample>& all() const { return samples_; }

 private:
  std::vector<Sample> samples_;
};

// In the order of the catalog.
// Source: Prometheus text exposition format, version 0.0.4.
std::string PrometheusText(const Samples& samples);

inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

}  // namespace svidence::metrics
