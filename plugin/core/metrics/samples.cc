#include "plugin/core/metrics/samples.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

namespace svidence::metrics {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1000000;
constexpr std::size_t kMicrosDigits = 6;

std::string_view KindText(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// Seconds as a decimal fraction, without floating point: "0.0025", "1".
std::string SecondsText(std::chrono::microseconds duration) {
  std::string fraction = std::to_string(duration.count() % kMicrosPerSecond);
  fraction.insert(0, kMicrosDigits - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  std::string text = std::to_string(duration.count() / kMicrosPerSecond);
  return fraction.empty() ? text : text + "." + fraction;
}

std::string EscapeLabel(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return escaped;
}

void AppendLine(std::string& out, const std::string& name, std::string_view label,
                std::string_view label_value, const std::string& value) {
  out += name;
  if (!label.empty()) {
    out += "{";
    out += label;
    out += "=\"" + EscapeLabel(label_value) + "\"}";
  }
  out += " " + value + "\n";
}

void AppendHistogram(std::string& out, const std::string& name, const HistogramValues& values) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBucketBounds.size(); ++i) {
    below += values.counts[i];
    AppendLine(out, name + "_bucket", "le", SecondsText(kBucketBounds[i]), std::to_string(below));
  }
  const std::string all = std::to_string(below + values.counts.back());
  AppendLine(out, name + "_bucket", "le", "+Inf", all);
  AppendLine(out, name + "_sum", "", "", SecondsText(values.sum));
  AppendLine(out, name + "_count", "", "", all);
}

void AppendSample(std::string& out, const Sample& sample) {
  const std::string name(sample.definition->name);
  if (const auto* const values = std::get_if<HistogramValues>(&sample.value)) {
    AppendHistogram(out, name, *values);
  } else {
    AppendLine(out, name, sample.definition->label, sample.label_value,
               std::to_string(std::get<std::int64_t>(sample.value)));
  }
}

std::int64_t Clamped(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMax));
}

}  // namespace

void Samples::Add(const Definition& definition, std::int64_t value) {
  AddLabelled(definition, "", value);
}

void Samples::AddCount(const Definition& definition, std::uint64_t value) {
  AddLabelled(definition, "", Clamped(value));
}

void Samples::AddCount(const Definition& definition, std::string_view label_value,
                       std::uint64_t value) {
  AddLabelled(definition, label_value, Clamped(value));
}

void Samples::AddLabelled(const Definition& definition, std::string_view label_value,
                          std::int64_t value) {
  samples_.push_back(
      Sample{.definition = &definition, .label_value = std::string(label_value), .value = value});
}

void Samples::AddHistogram(const Definition& definition, const HistogramValues& values) {
  samples_.push_back(Sample{.definition = &definition, .label_value = "", .value = values});
}

std::string PrometheusText(const Samples& samples) {
  std::string text;
  for (const Definition* const definition : All()) {
    bool described = false;
    for (const Sample& sample : samples.all()) {
      if (sample.definition != definition) continue;
      if (!described) {
        const std::string name(definition->name);
        text += "# HELP " + name + " " + std::string(definition->help) + "\n";
        text += "# TYPE " + name + " " + std::string(KindText(definition->kind)) + "\n";
        described = true;
      }
      AppendSample(text, sample);
    }
  }
  return text;
}

}  // namespace svidence::metrics
