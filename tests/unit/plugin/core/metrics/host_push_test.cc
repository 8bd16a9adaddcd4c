#include "plugin/core/metrics/host_push.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"

namespace svidence::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeSink final : public HostSink {
 public:
  void AddToCounter(const std::vector<std::string>& key, std::int64_t by, std::string_view label,
                    std::string_view label_value) override {
    Note("+" + std::to_string(by), key, label, label_value);
  }
  void SetGauge(const std::vector<std::string>& key, std::int64_t value, std::string_view label,
                std::string_view label_value) override {
    Note("=" + std::to_string(value), key, label, label_value);
  }

  // What came since the last call.
  std::vector<std::string> Take() { return std::exchange(calls_, {}); }

 private:
  void Note(const std::string& what, const std::vector<std::string>& key, std::string_view label,
            std::string_view label_value) {
    std::string text;
    for (const std::string& part : key) text += (text.empty() ? "" : ".") + part;
    if (!label.empty()) text.append("{").append(label).append("=").append(label_value).append("}");
    calls_.push_back(text + what);
  }

  std::vector<std::string> calls_;
};

class HostPushTest : public ::testing::Test {
 protected:
  FakeSink sink_;
  HostPush push_{sink_};
};

TEST_F(HostPushTest, GivesGaugesAsTheyAre) {
  Samples samples;
  samples.Add(kRefusing, 1);
  samples.AddLabelled(kBuildInfo, "0.1.0", 1);
  push_.Push(samples);
  EXPECT_THAT(sink_.Take(),
              ElementsAre("svidence.refusing=1", "svidence.build.info{version=0.1.0}=1"));
  push_.Push(samples);
  EXPECT_THAT(sink_.Take(),
              ElementsAre("svidence.refusing=1", "svidence.build.info{version=0.1.0}=1"));
}

Samples Composed(std::uint64_t x509, std::uint64_t jwt) {
  Samples samples;
  samples.AddCount(kCompose, "x509", x509);
  samples.AddCount(kCompose, "jwt", jwt);
  return samples;
}

TEST_F(HostPushTest, GivesWhatACounterGrew) {
  push_.Push(Composed(5, 0));
  EXPECT_THAT(sink_.Take(), ElementsAre("svidence.compose.total{result=x509}+5"));
  push_.Push(Composed(7, 1));
  EXPECT_THAT(sink_.Take(), ElementsAre("svidence.compose.total{result=x509}+2",
                                        "svidence.compose.total{result=jwt}+1"));
  push_.Push(Composed(7, 1));
  EXPECT_THAT(sink_.Take(), IsEmpty());
}

TEST_F(HostPushTest, NeverTakesACounterBack) {
  push_.Push(Composed(5, 0));
  sink_.Take();
  push_.Push(Composed(3, 0));
  EXPECT_THAT(sink_.Take(), IsEmpty());
}

TEST_F(HostPushTest, GivesCountAndSumOfAHistogram) {
  Histogram histogram;
  histogram.Observe(std::chrono::milliseconds(2));
  histogram.Observe(std::chrono::milliseconds(3));
  Samples samples;
  samples.AddHistogram(kAttestLatency, histogram.Read());
  push_.Push(samples);
  EXPECT_THAT(sink_.Take(), ElementsAre("svidence.attest.seconds.count+2",
                                        "svidence.attest.seconds.sum_micros+5000"));
}

}  // namespace
}  // namespace svidence::metrics
