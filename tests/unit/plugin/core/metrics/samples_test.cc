#include "plugin/core/metrics/samples.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/histogram.h"

namespace svidence::metrics {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(SamplesTest, GivesNoTextForNothing) { EXPECT_EQ(PrometheusText(Samples()), ""); }

TEST(SamplesTest, DescribesAMetricOnceAndOrdersAsTheCatalogDoes) {
  Samples samples;
  samples.Add(kRefusing, 1);
  samples.AddCount(kCompose, "x509", 5);
  samples.AddCount(kCompose, "jwt", 7);
  EXPECT_EQ(PrometheusText(samples),
            "# HELP svidence_compose_total Compose calls by result: x509 and jwt were logged and "
            "enriched, passed were left as they were, refused got an error\n"
            "# TYPE svidence_compose_total counter\n"
            "svidence_compose_total{result=\"x509\"} 5\n"
            "svidence_compose_total{result=\"jwt\"} 7\n"
            "# HELP svidence_refusing 1 while the ledger is refused and nothing is issued under "
            "the agent prefix\n"
            "# TYPE svidence_refusing gauge\n"
            "svidence_refusing 1\n");
}

TEST(SamplesTest, EscapesLabelValues) {
  Samples samples;
  samples.AddLabelled(kBuildInfo, "a\"b\\c\nd", 1);
  EXPECT_THAT(PrometheusText(samples),
              HasSubstr("svidence_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(SamplesTest, AddsUpBucketsAndGivesSecondsWithoutFloatingPoint) {
  HistogramValues values;
  values.counts[0] = 2;      // up to 100 microseconds
  values.counts[3] = 1;      // up to 1 millisecond
  values.counts.back() = 1;  // over 10 seconds
  values.sum = seconds(12) + microseconds(1050);
  Samples samples;
  samples.AddHistogram(kAttestLatency, values);
  EXPECT_EQ(PrometheusText(samples),
            "# HELP svidence_attest_seconds Time from an Attest call to its answer\n"
            "# TYPE svidence_attest_seconds histogram\n"
            "svidence_attest_seconds_bucket{le=\"0.0001\"} 2\n"
            "svidence_attest_seconds_bucket{le=\"0.00025\"} 2\n"
            "svidence_attest_seconds_bucket{le=\"0.0005\"} 2\n"
            "svidence_attest_seconds_bucket{le=\"0.001\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.0025\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.005\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.01\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.025\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.05\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.1\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"0.25\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"1\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"2.5\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"10\"} 3\n"
            "svidence_attest_seconds_bucket{le=\"+Inf\"} 4\n"
            "svidence_attest_seconds_sum 12.00105\n"
            "svidence_attest_seconds_count 4\n");
}

TEST(SamplesTest, KeepsACountBeyondInt64AtItsLargest) {
  Samples samples;
  samples.AddCount(kLedgerSize, std::numeric_limits<std::uint64_t>::max());
  EXPECT_THAT(PrometheusText(samples), HasSubstr("svidence_ledger_entries 9223372036854775807\n"));
}

}  // namespace
}  // namespace svidence::metrics
