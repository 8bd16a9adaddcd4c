#include "plugin/core/metrics/host_push.h"

#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {
namespace {

// "svidence_compose_total", "" -> {"svidence", "compose", "total"}
std::vector<std::string> KeyParts(std::string_view name, std::string_view part) {
  std::vector<std::string> parts = {""};
  for (const char c : name) {
    if (c == '_') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (!part.empty()) parts.emplace_back(part);
  return parts;
}

}  // namespace

void HostPush::Grow(const Definition& definition, std::string_view part,
                    std::string_view label_value, std::int64_t total) {
  const std::vector<std::string> key = KeyParts(definition.name, part);
  std::string name(definition.name);
  name += part;
  std::int64_t& last = last_[{std::move(name), std::string(label_value)}];
  if (total <= last) return;
  sink_.AddToCounter(key, total - last, definition.label, label_value);
  last = total;
}

void HostPush::Push(const Samples& samples) {
  for (const Sample& sample : samples.all()) {
    const Definition& definition = *sample.definition;
    if (const auto* const values = std::get_if<HistogramValues>(&sample.value)) {
      const auto count =
          std::accumulate(values->counts.begin(), values->counts.end(), std::uint64_t{0});
      Grow(definition, "count", "", static_cast<std::int64_t>(count));
      Grow(definition, "sum_micros", "", values->sum.count());
    } else if (definition.kind == Kind::kCounter) {
      Grow(definition, "", sample.label_value, std::get<std::int64_t>(sample.value));
    } else {
      sink_.SetGauge(KeyParts(definition.name, ""), std::get<std::int64_t>(sample.value),
                     definition.label, sample.label_value);
    }
  }
}

}  // namespace svidence::metrics
