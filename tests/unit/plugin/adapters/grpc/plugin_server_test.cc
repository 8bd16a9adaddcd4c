// The server of a plugin, spoken to as SPIRE speaks to it: over a connected
// socket, by the exact paths of the methods.
#include "plugin/adapters/grpc/plugin_server.h"

#include <array>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "goplugin_broker.grpc.pb.h"
#include "goplugin_controller.grpc.pb.h"
#include "goplugin_stdio.grpc.pb.h"
#include "plugin/adapters/grpc/config_service.h"
#include "spire_config.grpc.pb.h"
#include "spire_init.grpc.pb.h"
#include "spire_workloadattestor.grpc.pb.h"
#include "svidence_state.pb.h"
#include "tests/support/fake_config_handler.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

using ::svidence::testing::IsOk;
using ::svidence::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace attestor = spire::plugin::agent::workloadattestor::v1;
namespace config = spire::service::common::config::v1;
namespace init = spire::service::priv::init::v1;

constexpr std::chrono::seconds kLong{20};
constexpr const char* kAttestor = "spire.plugin.agent.workloadattestor.v1.WorkloadAttestor";

// Attests every process as "seen"; pid 1 is held until Release().
class FakeAttestor final : public attestor::WorkloadAttestor::Service {
 public:
  grpc::Status Attest(grpc::ServerContext* /*context*/, const attestor::AttestRequest* request,
                      attestor::AttestResponse* response) override {
    if (request->pid() == 1) release_.get_future().wait();
    response->add_selector_values("seen");
    return grpc::Status::OK;
  }
  void Release() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

// What the hooks were called with.
class Witness {
 public:
  PluginServerHooks Hooks() {
    return {.save_state =
                [this](std::string_view state) { Note([&] { states_.emplace_back(state); }); },
            .host_services = [this](const HostServices& now) { Note([&] { host_ = now; }); },
            .shutdown = [this] { Note([&] { ++shutdowns_; }); }};
  }
  void CountFlush() {
    Note([this] { ++flushes_; });
  }
  // Waits until `what` is true of the witness.
  template <typename What>
  bool Sees(const What& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return what(*this); });
  }

  std::vector<std::string> states_;
  HostServices host_;
  int shutdowns_ = 0;
  int flushes_ = 0;

 private:
  template <typename Change>
  void Note(const Change& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
};

class PluginServerTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(); }

  void Start() {
    auto server = PluginServer::Start({.service_name = kAttestor,
                                       .service = attestor_,
                                       .config = handler_,
                                       .flush = [this] { witness_.CountFlush(); }},
                                      witness_.Hooks());
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    channel_ = Connect();
  }

  std::shared_ptr<grpc::Channel> Connect() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    server_->AddConnection(ends[0]);
    return grpc::CreateInsecureChannelFromFd("host", ends[1]);
  }

  // Calls a method by its path with the bytes of a message.
  grpc::Status CallPath(const std::string& path, const std::string& bytes,
                        std::string* answer = nullptr) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, path, {}, &request, &response,
                   [&done](const grpc::Status& status) { done.set_value(status); });
    const grpc::Status status = done.get_future().get();
    std::vector<grpc::Slice> slices;
    if (answer != nullptr && status.ok() && response.Dump(&slices).ok()) {
      answer->clear();
      for (const grpc::Slice& part : slices) {
        answer->append(reinterpret_cast<const char*>(part.begin()), part.size());
      }
    }
    return status;
  }

  grpc::Status Configure(const std::string& trust_domain, const std::string& hcl) {
    config::ConfigureRequest request;
    request.mutable_core_configuration()->set_trust_domain(trust_domain);
    request.set_hcl_configuration(hcl);
    return CallPath("/spire.service.common.config.v1.Config/Configure",
                    request.SerializeAsString());
  }

  shim::v1::SavedState LastState() {
    shim::v1::SavedState state;
    EXPECT_FALSE(witness_.states_.empty());
    if (!witness_.states_.empty()) {
      EXPECT_TRUE(state.ParseFromString(witness_.states_.back()));
    }
    return state;
  }

  FakeAttestor attestor_;
  testing::FakeConfigHandler handler_;
  Witness witness_;
  std::unique_ptr<PluginServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(PluginServerTest, AnswersInitWithTheServicesOfItsType) {
  std::string bytes;
  ASSERT_TRUE(CallPath("/spire.service.private.init.v1.Init/Init", "", &bytes).ok());
  init::InitResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  EXPECT_THAT(response.plugin_service_names(),
              ElementsAre(kAttestor, "spire.service.common.config.v1.Config"));
}

TEST_F(PluginServerTest, ServesEachPathThatTheHostCalls) {
  for (const char* path :
       {"/spire.service.private.init.v1.Init/Init", "/spire.service.private.init.v1.Init/Deinit",
        "/plugin.GRPCController/Shutdown", "/spire.service.common.config.v1.Config/Validate",
        "/spire.plugin.agent.workloadattestor.v1.WorkloadAttestor/Attest",
        "/grpc.health.v1.Health/Check"}) {
    EXPECT_TRUE(CallPath(path, "").ok()) << path;
  }
  EXPECT_EQ(CallPath("/spire.service.private.init.v1.Init/Other", "").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(PluginServerTest, ReportsTheHealthThatTheHostMayAskFor) {
  std::string answer;
  ASSERT_TRUE(CallPath("/grpc.health.v1.Health/Check", "\x0a\x06plugin", &answer).ok());
  EXPECT_EQ(answer, "\x08\x01") << "SERVING";
}

TEST_F(PluginServerTest, FlushesAtEachDeinit) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(CallPath("/spire.service.private.init.v1.Init/Deinit", "").ok());
  }
  EXPECT_EQ(witness_.flushes_, 2);
}

TEST_F(PluginServerTest, SaysThatTheHostWantsItsEnd) {
  EXPECT_TRUE(CallPath("/plugin.GRPCController/Shutdown", "").ok());
  EXPECT_TRUE(witness_.Sees([](const Witness& w) { return w.shutdowns_ == 1; }));
}

TEST_F(PluginServerTest, ConfiguresAndSavesTheState) {
  ASSERT_TRUE(Configure("example.org", "x = 1").ok());
  ASSERT_EQ(handler_.applied().size(), 1U);
  EXPECT_EQ(handler_.applied()[0].hcl, "x = 1");
  EXPECT_EQ(LastState().version(), 1U);
  EXPECT_EQ(LastState().trust_domain(), "example.org");
  EXPECT_EQ(LastState().hcl_configuration(), "x = 1");
  EXPECT_EQ(LastState().broker_address(), "");
}

TEST_F(PluginServerTest, GivesTheSameNotesFromConfigureAndValidate) {
  const std::string hcl = "note 1:1: a: first\nnote 2:1: b: second";
  const grpc::Status got = Configure("example.org", hcl);
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(got.error_message(), "1:1: a: first; 2:1: b: second");
  EXPECT_THAT(handler_.applied(), IsEmpty());
  EXPECT_THAT(witness_.states_, IsEmpty());

  config::ValidateRequest request;
  request.mutable_core_configuration()->set_trust_domain("example.org");
  request.set_hcl_configuration(hcl);
  std::string bytes;
  ASSERT_TRUE(CallPath("/spire.service.common.config.v1.Config/Validate",
                       request.SerializeAsString(), &bytes)
                  .ok());
  config::ValidateResponse response;
  ASSERT_TRUE(response.ParseFromString(bytes));
  EXPECT_FALSE(response.valid());
  EXPECT_THAT(response.notes(), ElementsAre("1:1: a: first", "2:1: b: second"));

  request.set_hcl_configuration("fine");
  ASSERT_TRUE(CallPath("/spire.service.common.config.v1.Config/Validate",
                       request.SerializeAsString(), &bytes)
                  .ok());
  ASSERT_TRUE(response.ParseFromString(bytes));
  EXPECT_TRUE(response.valid());
  EXPECT_THAT(response.notes(), IsEmpty()) << "SPIRE takes any note for a no";
}

TEST_F(PluginServerTest, KeepsTheOldStateWhenConfiguringFails) {
  ASSERT_TRUE(Configure("example.org", "old").ok());
  handler_.FailWith(InvalidArgument("ledger_dir does not exist"));
  const grpc::Status got = Configure("example.org", "new");
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(got.error_message(), "ledger_dir does not exist");
  EXPECT_EQ(LastState().hcl_configuration(), "old");
}

TEST_F(PluginServerTest, RefusesATrustDomainThatIsNone) {
  EXPECT_EQ(Configure("", "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Configure("Not A Domain", "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(handler_.applied(), IsEmpty());
}

TEST_F(PluginServerTest, BoundsTheConfiguration) {
  EXPECT_TRUE(Configure("example.org", std::string(kMaxHclBytes, '#')).ok());
  const grpc::Status got = Configure("example.org", std::string(kMaxHclBytes + 1, '#'));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(got.error_message(), HasSubstr("at most 1048576 bytes, got 1048577"));
}

TEST_F(PluginServerTest, RefusesARequestAboveItsBoundAndServesOn) {
  const std::string path = "/spire.plugin.agent.workloadattestor.v1.WorkloadAttestor/Attest";
  const std::string unknown_field = "\x12\x80\x80\x80\x02";  // field 2: 4 MiB of bytes
  const grpc::Status got = CallPath(path, unknown_field + std::string(kMaxRequestBytes, 'x'));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(got.error_message(), HasSubstr("4194304"));
  EXPECT_TRUE(CallPath(path, "").ok());
}

TEST_F(PluginServerTest, SurvivesBytesThatAreNoMessage) {
  for (const char* path :
       {"/spire.service.private.init.v1.Init/Init", "/spire.service.private.init.v1.Init/Deinit",
        "/plugin.GRPCController/Shutdown", "/plugin.GRPCBroker/StartStream",
        "/plugin.GRPCStdio/StreamStdio", "/spire.service.common.config.v1.Config/Configure",
        "/spire.service.common.config.v1.Config/Validate",
        "/spire.plugin.agent.workloadattestor.v1.WorkloadAttestor/Attest",
        "/grpc.health.v1.Health/Check"}) {
    if (std::string(path).find("Stream") != std::string::npos) continue;  // never answer
    EXPECT_FALSE(CallPath(path, "\xff\xff\xff\xff garbage").ok()) << path;
  }
  EXPECT_TRUE(CallPath("/spire.service.private.init.v1.Init/Init", "").ok());
  EXPECT_EQ(witness_.shutdowns_, 0) << "garbage must not end the plugin";
}

class PluginServerStreamTest : public PluginServerTest {
 protected:
  // What the host sends first on the broker's stream.
  static plugin::ConnInfo HostAt(const std::string& address) {
    plugin::ConnInfo info;
    info.set_service_id(1);
    info.set_network("unix");
    info.set_address(address);
    return info;
  }
};

TEST_F(PluginServerStreamTest, RemembersWhereTheHostsServicesAre) {
  init::InitRequest names;
  names.add_host_service_names("spire.hostservice.common.metrics.v1.Metrics");
  ASSERT_TRUE(CallPath("/spire.service.private.init.v1.Init/Init", names.SerializeAsString()).ok());
  ASSERT_TRUE(Configure("example.org", "").ok());

  grpc::ClientContext context;
  auto stub = plugin::GRPCBroker::NewStub(channel_);
  auto stream = stub->StartStream(&context);
  plugin::ConnInfo other = HostAt("/tmp/other");
  other.set_service_id(2);
  ASSERT_TRUE(stream->Write(other));
  plugin::ConnInfo tcp = HostAt("/tmp/tcp");
  tcp.set_network("tcp");
  ASSERT_TRUE(stream->Write(tcp));
  ASSERT_TRUE(stream->Write(HostAt("not/absolute")));
  ASSERT_TRUE(stream->Write(HostAt("/tmp/plugin42")));
  EXPECT_TRUE(witness_.Sees([](const Witness& w) { return w.states_.size() == 2; }));
  EXPECT_EQ(witness_.host_.address, "/tmp/plugin42");
  EXPECT_EQ(LastState().broker_address(), "/tmp/plugin42");
  EXPECT_EQ(LastState().broker_service_id(), 1U);
  EXPECT_THAT(LastState().host_service_names(),
              ElementsAre("spire.hostservice.common.metrics.v1.Metrics"));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(PluginServerStreamTest, KeepsTheStreamsOpenUntilTheHostCancels) {
  grpc::ClientContext broker_context;
  auto broker = plugin::GRPCBroker::NewStub(channel_)->StartStream(&broker_context);
  EXPECT_TRUE(broker->WritesDone()) << "no more to say, but not the end";
  grpc::ClientContext stdio_context;
  auto stdio = plugin::GRPCStdio::NewStub(channel_)->StreamStdio(&stdio_context, {});

  std::atomic<int> ended = 0;
  std::jthread broker_reader([&] {
    plugin::ConnInfo info;
    while (broker->Read(&info)) {
    }
    ++ended;
  });
  std::jthread stdio_reader([&] {
    plugin::StdioData data;
    while (stdio->Read(&data)) {
    }
    ++ended;
  });
  for (int i = 0; i < 20; ++i) {  // other calls come and go
    ASSERT_TRUE(CallPath("/spire.service.private.init.v1.Init/Init", "").ok());
  }
  EXPECT_EQ(ended, 0);
  broker_context.TryCancel();
  stdio_context.TryCancel();
  broker_reader.join();
  stdio_reader.join();
  EXPECT_EQ(broker->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(stdio->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(PluginServerStreamTest, StopsThoughStreamsAreOpen) {
  grpc::ClientContext context;
  auto stream = plugin::GRPCBroker::NewStub(channel_)->StartStream(&context);
  ASSERT_TRUE(stream->Write(HostAt("/tmp/plugin1")));
  server_->Stop(std::chrono::milliseconds(10));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(PluginServerTest, ServesManyConnectionsAndCallsAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 50;
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, channel = Connect()] {
      auto stub = attestor::WorkloadAttestor::NewStub(channel);
      for (int n = 0; n < kCalls; ++n) {
        grpc::ClientContext context;
        attestor::AttestRequest request;
        request.set_pid(2);
        attestor::AttestResponse response;
        if (stub->Attest(&context, request, &response).ok()) ++good;
      }
    });
  }
  for (int n = 0; n < kCalls; ++n) {
    EXPECT_TRUE(Configure("example.org", "n = " + std::to_string(n)).ok());
  }
  threads.clear();
  EXPECT_EQ(good, kThreads * kCalls);
}

TEST_F(PluginServerTest, ConfiguresWhileAnotherCallHangs) {
  std::jthread hanging([channel = channel_] {
    grpc::ClientContext context;
    attestor::AttestRequest request;
    request.set_pid(1);
    attestor::AttestResponse response;
    EXPECT_TRUE(
        attestor::WorkloadAttestor::NewStub(channel)->Attest(&context, request, &response).ok());
  });
  EXPECT_TRUE(Configure("example.org", "").ok());
  EXPECT_TRUE(server_->MakesProgress());
  attestor_.Release();
}

TEST_F(PluginServerTest, PutsBackTheStateOfAnEarlierServer) {
  ASSERT_TRUE(Configure("example.org", "x = 1").ok());
  const std::string state = witness_.states_.back();
  server_.reset();
  Start();
  EXPECT_THAT(server_->Restore(state), IsOk());
  ASSERT_EQ(handler_.applied().size(), 2U);
  EXPECT_EQ(handler_.applied()[1].trust_domain, "example.org");
  EXPECT_EQ(handler_.applied()[1].hcl, "x = 1");
}

TEST_F(PluginServerTest, RefusesAStateThatItCannotKnow) {
  EXPECT_THAT(server_->Restore("\xff\xff"), StatusIs(StatusCode::kInvalidArgument));
  shim::v1::SavedState state;
  state.set_version(2);
  const Status version = server_->Restore(state.SerializeAsString());
  EXPECT_THAT(Message(version), HasSubstr("version 1, got 2"));
  state.set_version(1);
  state.set_trust_domain("example.org");
  state.set_broker_address("relative");
  EXPECT_THAT(Message(server_->Restore(state.SerializeAsString())), HasSubstr("broker address"));
  state.clear_broker_address();
  handler_.FailWith(InvalidArgument("gone"));
  EXPECT_EQ(Message(server_->Restore(state.SerializeAsString())), "configuring again: gone");
}

TEST_F(PluginServerTest, MayBeAskedForProgressWhileItStops) {
  std::atomic<bool> stopped = false;
  std::jthread link([&] {
    while (!stopped) EXPECT_TRUE(server_->MakesProgress());
  });
  EXPECT_TRUE(CallPath("/spire.service.private.init.v1.Init/Init", "").ok());
  server_->Stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(server_->MakesProgress());
  stopped = true;
}

TEST_F(PluginServerTest, TakesNoConnectionAfterItsEnd) {
  server_->Stop(std::chrono::milliseconds(0));
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  server_->AddConnection(ends[0]);
  char byte = 0;
  EXPECT_EQ(read(ends[1], &byte, 1), 0) << "closed";
  close(ends[1]);
}

}  // namespace
}  // namespace svidence
