#include "plugin/adapters/grpc/host_metrics.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "plugin/adapters/grpc/host_metrics_sink.h"
#include "plugin/core/metrics/catalog.h"
#include "plugin/core/metrics/samples.h"
#include "spire_metrics.grpc.pb.h"
#include "tests/support/temporary_directory.h"

namespace svidence {
namespace {

namespace wire = spire::hostservice::common::metrics::v1;

using ::testing::UnorderedElementsAre;

constexpr const char* kService = "spire.hostservice.common.metrics.v1.Metrics";
constexpr std::chrono::seconds kLong{20};

// SPIRE's side: notes what it gets, and answers only while it is not Held.
class FakeSpireMetrics final : public wire::Metrics::Service {
 public:
  grpc::Status IncrCounter(grpc::ServerContext* context, const wire::IncrCounterRequest* request,
                           google::protobuf::Empty* /*response*/) override {
    return Note(context, "counter " + Text(*request));
  }
  grpc::Status SetGauge(grpc::ServerContext* context, const wire::SetGaugeRequest* request,
                        google::protobuf::Empty* /*response*/) override {
    return Note(context, "gauge " + Text(*request));
  }
  grpc::Status AddSample(grpc::ServerContext* context, const wire::AddSampleRequest* request,
                         google::protobuf::Empty* /*response*/) override {
    return Note(context, "sample " + Text(*request));
  }

  void Hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  std::vector<std::string> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLong, [&] { return got_.size() >= count; });
    return got_;
  }

 private:
  template <typename Request>
  static std::string Text(const Request& request) {
    std::string text;
    for (const std::string& part : request.key()) text += part + ".";
    text += "=" + std::to_string(static_cast<int>(request.val()));
    for (const wire::Label& label : request.labels())
      text += " " + label.name() + ":" + label.value();
    return text;
  }
  grpc::Status Note(grpc::ServerContext* /*context*/, const std::string& text) {
    std::unique_lock lock(mutex_);
    got_.push_back(text);
    changed_.notify_all();
    changed_.wait_for(lock, kLong, [this] { return !held_; });
    return grpc::Status::OK;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> got_;
  bool held_ = false;
};

class HostMetricsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = grpc::ServerBuilder()
                  .AddListeningPort("unix:" + address_, grpc::InsecureServerCredentials())
                  .RegisterService(&spire_)
                  .BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void TearDown() override { spire_.Hold(false); }

  testing::TemporaryDirectory directory_;
  const std::string address_ = directory_.path() + "/host";
  FakeSpireMetrics spire_;
  std::unique_ptr<grpc::Server> server_;
  HostMetrics metrics_;
};

TEST_F(HostMetricsTest, DeliversEachKindOfFigure) {
  metrics_.SetHost({{kService}, address_});
  metrics_.IncrCounter({"svidence", "issued"}, 1, {{"kind", "x509"}});
  metrics_.SetGauge({"svidence", "agents"}, 7);
  metrics_.AddSample({"svidence", "append"}, 12);
  EXPECT_THAT(spire_.WaitFor(3),
              UnorderedElementsAre("counter svidence.issued.=1 kind:x509",
                                   "gauge svidence.agents.=7", "sample svidence.append.=12"));
  EXPECT_EQ(metrics_.dropped(), 0U);
}

TEST_F(HostMetricsTest, DeliversWhatTheMetricsPush) {
  metrics_.SetHost({{kService}, address_});
  HostMetricsSink sink(metrics_);
  metrics::Samples samples;
  samples.AddCount(metrics::kCompose, "x509", 5);
  samples.Add(metrics::kRefusing, 1);
  metrics::HostPush(sink).Push(samples);
  EXPECT_THAT(spire_.WaitFor(2),
              UnorderedElementsAre("counter svidence.compose.total.=5 result:x509",
                                   "gauge svidence.refusing.=1"));
}

TEST_F(HostMetricsTest, DropsFiguresWhileSpireOffersNoSuchService) {
  metrics_.IncrCounter({"a"}, 1);
  metrics_.SetHost({{"spire.hostservice.server.agentstore.v1.AgentStore"}, address_});
  metrics_.IncrCounter({"b"}, 1);
  metrics_.SetHost({{kService}, ""});
  metrics_.IncrCounter({"c"}, 1);
  metrics_.SetHost({{kService}, address_});
  metrics_.IncrCounter({"d"}, 1);
  EXPECT_THAT(spire_.WaitFor(1), UnorderedElementsAre("counter d.=1"));
}

TEST_F(HostMetricsTest, DropsBeyondItsBoundAndNeverBlocks) {
  metrics_.SetHost({{kService}, address_});
  spire_.Hold(true);
  for (std::size_t i = 0; i < kMaxMetricCalls; ++i) metrics_.IncrCounter({"a"}, 1);
  EXPECT_EQ(metrics_.dropped(), 0U);
  metrics_.IncrCounter({"a"}, 1);
  EXPECT_EQ(metrics_.dropped(), 1U);
}

TEST_F(HostMetricsTest, CountsWhatSpireDidNotTake) {
  metrics_.SetHost({{kService}, directory_.path() + "/nobody"});
  metrics_.IncrCounter({"a"}, 1);
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (metrics_.dropped() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(metrics_.dropped(), 1U);
}

}  // namespace
}  // namespace svidence
