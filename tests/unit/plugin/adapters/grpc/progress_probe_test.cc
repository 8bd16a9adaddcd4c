#include "plugin/adapters/grpc/progress_probe.h"

#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <grpcpp/client_context.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "goplugin_controller.grpc.pb.h"

namespace svidence {
namespace {

constexpr std::chrono::seconds kLong{20};

// A callback service that does what none must: it blocks gRPC's threads.
class Blocking final : public plugin::GRPCController::CallbackService {
 public:
  grpc::ServerUnaryReactor* Shutdown(grpc::CallbackServerContext* context,
                                     const plugin::Empty* /*request*/,
                                     plugin::Empty* /*response*/) override {
    release_.wait();
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  std::latch release_{1};
};

class ProgressProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::EnableDefaultHealthCheckService(true);
    server_ = grpc::ServerBuilder().RegisterService(&blocking_).BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  // Checks, at one and the same time on the probe's clock, until a call is over.
  static bool AnswersSoon(ProgressProbe& probe) {
    (void)probe.Check(0);
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < deadline) {
      if (probe.Check(1) == 0) return true;  // a new call, so the one before is over
      std::this_thread::yield();
    }
    return false;
  }

  Blocking blocking_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ProgressProbeTest, SeesAServerAnswer) {
  ProgressProbe probe(server_->InProcessChannel({}));
  EXPECT_TRUE(AnswersSoon(probe));
}

TEST_F(ProgressProbeTest, SeesThatNoThreadIsLeftToAnswer) {
  ProgressProbe probe(server_->InProcessChannel({}));
  // More calls than gRPC has threads for its callbacks.
  constexpr int kCalls = 64;
  std::vector<std::jthread> callers;
  callers.reserve(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([channel = server_->InProcessChannel({})] {
      grpc::ClientContext context;
      plugin::Empty response;
      EXPECT_TRUE(plugin::GRPCController::NewStub(channel)->Shutdown(&context, {}, &response).ok());
    });
  }
  std::int64_t now = 1;
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  std::int64_t waited = 0;
  while (waited < 5 && std::chrono::steady_clock::now() < deadline) {
    waited = probe.Check(++now);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GE(waited, 5);
  blocking_.release_.count_down();
  callers.clear();
  EXPECT_TRUE(AnswersSoon(probe)) << "it recovers";
}

TEST_F(ProgressProbeTest, MayEndBeforeItsCall) {
  auto probe = std::make_unique<ProgressProbe>(server_->InProcessChannel({}));
  EXPECT_EQ(probe->Check(5), 0);
  probe.reset();
}

}  // namespace
}  // namespace svidence
