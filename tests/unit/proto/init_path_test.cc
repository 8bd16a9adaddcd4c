// SPIRE finds Init by its path alone, and the build has to put that path back
// (proto/GenerateInit.cmake). Here a host calls it by the name SPIRE uses.
#include <future>
#include <memory>
#include <string>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "spire_init.grpc.pb.h"

namespace svidence {
namespace {

namespace wire = spire::service::priv::init::v1;

class Service final : public wire::Init::Service {
  grpc::Status Init(grpc::ServerContext* /*context*/, const wire::InitRequest* request,
                    wire::InitResponse* response) override {
    *response->mutable_plugin_service_names() = request->host_service_names();
    return grpc::Status::OK;
  }
  grpc::Status Deinit(grpc::ServerContext* /*context*/, const wire::DeinitRequest* /*request*/,
                      wire::DeinitResponse* /*response*/) override {
    return grpc::Status::OK;
  }
};

class InitPathTest : public ::testing::Test {
 protected:
  InitPathTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }

  template <typename Request, typename Response>
  grpc::Status Call(const std::string& path, const Request& request, Response* response) {
    grpc::TemplatedGenericStub<Request, Response> stub(server_->InProcessChannel({}));
    grpc::ClientContext context;
    std::promise<grpc::Status> answer;
    stub.UnaryCall(&context, path, grpc::StubOptions(), &request, response,
                   [&answer](const grpc::Status& status) { answer.set_value(status); });
    return answer.get_future().get();
  }

  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(InitPathTest, ServesInitAtThePathThatSpireCalls) {
  wire::InitRequest request;
  request.add_host_service_names("a.b.C");
  wire::InitResponse response;
  const grpc::Status status = Call("/spire.service.private.init.v1.Init/Init", request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.plugin_service_names_size(), 1);
  EXPECT_EQ(response.plugin_service_names(0), "a.b.C");
}

TEST_F(InitPathTest, ServesDeinitAtThePathThatSpireCalls) {
  wire::DeinitResponse response;
  const grpc::Status status =
      Call("/spire.service.private.init.v1.Init/Deinit", wire::DeinitRequest(), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(InitPathTest, DoesNotServeThePathOfTheGeneratedPackage) {
  wire::DeinitResponse response;
  const grpc::Status status =
      Call("/spire.service.priv.init.v1.Init/Deinit", wire::DeinitRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST(InitNameTest, IsTheNameThatSpireKnows) {
  EXPECT_STREQ(wire::Init::service_full_name(), "spire.service.private.init.v1.Init");
}

}  // namespace
}  // namespace svidence
