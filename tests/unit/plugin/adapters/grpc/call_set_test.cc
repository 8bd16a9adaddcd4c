// That no channel ends on a thread of gRPC's shows in host_metrics_test, as a crash.
#include "plugin/adapters/grpc/call_set.h"

#include <thread>

#include <gtest/gtest.h>

namespace svidence {
namespace {

TEST(CallSetTest, TakesNoMoreThanItsBound) {
  int ended = 0;
  const auto count = [&ended](const grpc::Status& /*status*/) { ++ended; };
  CallSet calls(2);
  auto first = calls.Add(std::make_unique<PendingCall>(), count);
  auto second = calls.Add(std::make_unique<PendingCall>(), count);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(calls.Add(std::make_unique<PendingCall>(), count));
  (*first)(grpc::Status::OK);
  EXPECT_EQ(ended, 1);
  auto third = calls.Add(std::make_unique<PendingCall>(), count);
  ASSERT_TRUE(third);
  (*second)(grpc::Status::CANCELLED);
  (*third)(grpc::Status::OK);
  EXPECT_EQ(ended, 3);
}

TEST(CallSetTest, DestroysACallOnlyAfterItsCallback) {
  struct Watched final : PendingCall {
    explicit Watched(bool& gone) : gone_(gone) {}
    ~Watched() override { gone_ = true; }
    bool& gone_;
  };
  bool gone = false;
  {
    CallSet calls(1);
    auto done = calls.Add(std::make_unique<Watched>(gone),
                          [&gone](const grpc::Status& /*status*/) { EXPECT_FALSE(gone); });
    (*done)(grpc::Status::OK);
    EXPECT_FALSE(gone) << "the callback has not returned to gRPC";
  }
  EXPECT_TRUE(gone);
}

TEST(CallSetTest, WaitsAtItsEndForCallsUnderWay) {
  bool ended = false;
  std::jthread grpc;
  {
    CallSet calls(1);
    auto done = calls.Add(std::make_unique<PendingCall>(),
                          [&ended](const grpc::Status& /*status*/) { ended = true; });
    grpc = std::jthread([done = *std::move(done)] { done(grpc::Status::OK); });
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace svidence
