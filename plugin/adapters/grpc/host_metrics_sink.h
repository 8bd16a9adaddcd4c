// The way from our metrics to SPIRE's Metrics host service.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/adapters/grpc/host_metrics.h"
#include "plugin/core/metrics/host_push.h"

namespace svidence {

class HostMetricsSink final : public metrics::HostSink {
 public:
  // `host` must outlive this object.
  explicit HostMetricsSink(HostMetrics& host) : host_(host) {}

  void AddToCounter(const std::vector<std::string>& key, std::int64_t by, std::string_view label,
                    std::string_view label_value) override {
    host_.IncrCounter(key, static_cast<float>(by), Labels(label, label_value));
  }
  void SetGauge(const std::vector<std::string>& key, std::int64_t value, std::string_view label,
                std::string_view label_value) override {
    host_.SetGauge(key, static_cast<float>(value), Labels(label, label_value));
  }

 private:
  static std::vector<MetricLabel> Labels(std::string_view name, std::string_view value) {
    if (name.empty()) return {};
    return {MetricLabel{.name = std::string(name), .value = std::string(value)}};
  }

  HostMetrics& host_;
};

}  // namespace svidence
