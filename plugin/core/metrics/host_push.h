// Gives our metrics to SPIRE's own telemetry as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {

// Whoever takes metrics one by one, as SPIRE's Metrics host service does.
// Implementations must not block: what cannot be taken is dropped.
class HostSink {
 public:
  virtual ~HostSink() = default;

  // `key` is the name in parts: {"svidence", "compose", "total"}. `label` and
  // `label_value` are empty where there is no label.
  virtual void AddToCounter(const std::vector<std::string>& key, std::int64_t by,
                            std::string_view label, std::string_view label_value) = 0;
  virtual void SetGauge(const std::vector<std::string>& key, std::int64_t value,
                        std::string_view label, std::string_view label_value) = 0;
};

// Turns totals into the steps that such a sink wants. Not thread-safe.
class HostPush {
 public:
  // `sink` must outlive this object.
  explicit HostPush(HostSink& sink) : sink_(sink) {}

  // Gauges as they are; counters by what they grew since the last call, if they
  // did; of a histogram its count and its sum in microseconds, as counters.
  void Push(const Samples& samples);

 private:
  void Grow(const Definition& definition, std::string_view part, std::string_view label_value,
            std::int64_t total);

  HostSink& sink_;
  std::map<std::pair<std::string, std::string>, std::int64_t> last_;  // by key and label value
};

}  // namespace svidence::metrics
