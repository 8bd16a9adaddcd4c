#include "plugin/adapters/metrics/periodic_push.h"

#include <chrono>
#include <cstdint>
#include <latch>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "plugin/core/metrics/catalog.h"
#include "tests/support/status_matchers.h"

namespace svidence::metrics {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class CountingSink final : public HostSink {
 public:
  void AddToCounter(const std::vector<std::string>& /*key*/, std::int64_t /*by*/,
                    std::string_view /*label*/, std::string_view /*label_value*/) override {}
  void SetGauge(const std::vector<std::string>& /*key*/, std::int64_t /*value*/,
                std::string_view /*label*/, std::string_view /*label_value*/) override {
    if (calls_ < 3) {
      ++calls_;
      three_.count_down();
    }
  }
  void WaitForThree() { three_.wait(); }

 private:
  int calls_ = 0;
  std::latch three_{3};
};

Samples OneGauge() {
  Samples samples;
  samples.Add(kRefusing, 1);
  return samples;
}

TEST(PeriodicPushTest, PushesAgainAndAgain) {
  CountingSink sink;
  const auto push = PeriodicPush::Start(OneGauge, sink, milliseconds(1));
  ASSERT_THAT(push, testing::IsOk());
  sink.WaitForThree();
}

TEST(PeriodicPushTest, EndsAtOnceHoweverLongThePeriodIs) {
  CountingSink sink;
  ASSERT_THAT(PeriodicPush::Start(OneGauge, sink, hours(1)), testing::IsOk());
}

}  // namespace
}  // namespace svidence::metrics
