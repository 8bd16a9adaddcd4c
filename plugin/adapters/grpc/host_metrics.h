// Our figures in SPIRE's own telemetry, through its Metrics host service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugin/adapters/grpc/call_set.h"
#include "plugin/adapters/grpc/host_services.h"

namespace svidence {

// Calls to SPIRE at a time; what comes beyond is dropped.
constexpr std::size_t kMaxMetricCalls = 64;

struct MetricLabel {
  std::string name;
  std::string value;
};

// Thread-safe. Never blocks and never fails: while SPIRE offers no such service,
// or does not answer, figures are dropped.
class HostMetrics {
 public:
  HostMetrics();
  // Cancels the calls under way and waits for their end.
  ~HostMetrics();
  HostMetrics(const HostMetrics&) = delete;
  HostMetrics& operator=(const HostMetrics&) = delete;

  // From now on figures go there. Connects when the first one is given.
  void SetHost(const HostServices& host);

  // `key` is the name, part by part. SPIRE's sinks take single-precision numbers.
  void IncrCounter(std::vector<std::string> key, float by, std::vector<MetricLabel> labels = {});
  void SetGauge(std::vector<std::string> key, float value, std::vector<MetricLabel> labels = {});
  void AddSample(std::vector<std::string> key, float value, std::vector<MetricLabel> labels = {});

  // How many figures were dropped while SPIRE did offer the service.
  std::uint64_t dropped() const;

 private:
  struct State;

  template <typename Request, typename Start>
  void Send(Request request, const Start& start);

  const std::unique_ptr<State> state_;
  CallSet calls_{kMaxMetricCalls};  // its callbacks use the state
};

// The end of a call that SPIRE does not answer.
constexpr std::int64_t kCallMillis = 5000;

}  // namespace svidence
