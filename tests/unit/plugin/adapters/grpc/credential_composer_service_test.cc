#include "plugin/adapters/grpc/credential_composer_service.h"

#include <chrono>
#include <cmath>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "plugin/adapters/linux/system_clock.h"
#include "plugin/core/claims/x509_extension.h"
#include "plugin/core/issuance/refuser.h"
#include "tests/support/issuing_harness.h"
#include "tests/support/status_matchers.h"

namespace svidence {
namespace {

namespace wire = spire::plugin::server::credentialcomposer::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IssuingHarness;
using ::testing::SizeIs;

constexpr const char* kOid = "1.2.3.1";
constexpr const char* kBuyer = "spiffe://example.org/agent/buyer/1";

class FakeSource final : public ComposingSource {
 public:
  StatusOr<std::shared_ptr<const Composing>> Current() override { return current; }

  void Use(std::shared_ptr<issuance::Issuer> issuer) {
    current = std::make_shared<const Composing>(
        Composing{.issuer = std::move(issuer), .extension_oid = kOid, .jwt_claim = "svidence"});
  }

  StatusOr<std::shared_ptr<const Composing>> current = FailedPrecondition("not configured");
};

// Keeps what it is asked until the test answers.
class HoldingIssuer final : public issuance::Issuer {
 public:
  void ComposeX509(const issuance::X509Request& request,
                   issuance::Done<issuance::X509Addition> done) override {
    const std::scoped_lock lock(mutex_);
    x509_ = {request, std::move(done)};
    asked_.set_value();
  }
  void ComposeJwt(const issuance::JwtRequest& /*request*/,
                  issuance::Done<issuance::JwtAddition> done) override {
    done(jwt_answer);
  }

  void WaitUntilAsked() { asked_.get_future().wait(); }
  issuance::X509Request request() const {
    const std::scoped_lock lock(mutex_);
    return x509_->first;
  }
  void Answer(const StatusOr<std::optional<issuance::X509Addition>>& answer) {
    // Taken out: the call holds what it began with, and that holds this issuer.
    std::optional<Held> held;
    {
      const std::scoped_lock lock(mutex_);
      held.swap(x509_);
    }
    held->second(answer);
  }

  StatusOr<std::optional<issuance::JwtAddition>> jwt_answer =
      std::optional<issuance::JwtAddition>{};

 private:
  using Held = std::pair<issuance::X509Request, issuance::Done<issuance::X509Addition>>;

  mutable std::mutex mutex_;
  std::optional<Held> x509_;
  std::promise<void> asked_;
};

// The real service behind a real gRPC server, in process: no port, no socket.
class CredentialComposerServiceTest : public ::testing::Test {
 protected:
  void TearDown() override {
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  }

  static wire::ComposeWorkloadX509SVIDRequest X509Request(const std::string& id) {
    wire::ComposeWorkloadX509SVIDRequest request;
    request.set_spiffe_id(id);
    request.set_public_key("a key");
    wire::X509SVIDAttributes& attributes = *request.mutable_attributes();
    attributes.mutable_subject()->add_country("US");
    attributes.mutable_subject()->set_common_name("buyer.example.org");
    attributes.add_dns_sans("buyer.example.org");
    return request;
  }
  static wire::ComposeWorkloadJWTSVIDRequest JwtRequest(const std::string& id) {
    wire::ComposeWorkloadJWTSVIDRequest request;
    request.set_spiffe_id(id);
    auto& claims = *request.mutable_attributes()->mutable_claims()->mutable_fields();
    claims["sub"].set_string_value(id);
    claims["aud"].mutable_list_value()->add_values()->set_string_value("ledger");
    claims["iat"].set_number_value(1795456800);
    claims["exp"].set_number_value(1795457100);
    claims["iss"].set_string_value("https://issuer.example.org");
    claims["other"].mutable_list_value()->add_values()->set_number_value(1.5);
    return request;
  }
  static void AddExtension(wire::ComposeWorkloadX509SVIDRequest& request, const std::string& oid) {
    wire::X509Extension& extension = *request.mutable_attributes()->add_extra_extensions();
    extension.set_oid(oid);
    extension.set_value("of " + oid);
    extension.set_critical(true);
  }

  grpc::Status X509(const wire::ComposeWorkloadX509SVIDRequest& request) {
    grpc::ClientContext context;
    return stub_->ComposeWorkloadX509SVID(&context, request, &x509_);
  }
  grpc::Status Jwt(const wire::ComposeWorkloadJWTSVIDRequest& request) {
    grpc::ClientContext context;
    return stub_->ComposeWorkloadJWTSVID(&context, request, &jwt_);
  }
  const google::protobuf::Value& Claim(const std::string& name) const {
    return jwt_.attributes().claims().fields().at(name);
  }

  IssuingHarness on_;
  FakeSource source_;
  linux_os::SystemClock clock_;
  CredentialComposerService service_{source_, clock_};
  std::unique_ptr<grpc::Server> server_ =
      grpc::ServerBuilder().RegisterService(&service_).BuildAndStart();
  std::shared_ptr<grpc::Channel> channel_ = server_->InProcessChannel({});
  std::unique_ptr<wire::CredentialComposer::Stub> stub_ =
      wire::CredentialComposer::NewStub(channel_);
  wire::ComposeWorkloadX509SVIDResponse x509_;
  wire::ComposeWorkloadJWTSVIDResponse jwt_;
};

TEST_F(CredentialComposerServiceTest, SaysAtOnceThatItComposesNothingOfSpiresOwn) {
  grpc::ClientContext ca_context;
  wire::ComposeServerX509CAResponse ca;
  EXPECT_EQ(stub_->ComposeServerX509CA(&ca_context, {}, &ca).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext server_context;
  wire::ComposeServerX509SVIDResponse server;
  EXPECT_EQ(stub_->ComposeServerX509SVID(&server_context, {}, &server).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext agent_context;
  wire::ComposeAgentX509SVIDResponse agent;
  EXPECT_EQ(stub_->ComposeAgentX509SVID(&agent_context, {}, &agent).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(CredentialComposerServiceTest, AnswersNothingBeforeItIsConfigured) {
  const grpc::Status x509 = X509(X509Request("spiffe://example.org/web"));
  EXPECT_EQ(x509.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(x509.error_message(), "not configured");
  EXPECT_EQ(Jwt(JwtRequest(kBuyer)).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(CredentialComposerServiceTest, GivesAllAttributesBackWithTheExtension) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadX509SVIDRequest request = X509Request(kBuyer);
  AddExtension(request, "1.2.3.4");
  const grpc::Status status = X509(request);
  ASSERT_TRUE(status.ok()) << status.error_message();

  ASSERT_EQ(x509_.attributes().extra_extensions_size(), 2);
  const wire::X509Extension& ours = x509_.attributes().extra_extensions(1);
  EXPECT_EQ(ours.oid(), kOid);
  EXPECT_FALSE(ours.critical());
  const StatusOr<claims::X509Extension> read = claims::DecodeX509Extension(ours.value());
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->entry, on_.store.All()[0].bytes);

  wire::X509SVIDAttributes rest = x509_.attributes();
  rest.mutable_extra_extensions()->RemoveLast();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(rest, request.attributes()));
}

TEST_F(CredentialComposerServiceTest, ReplacesAnExtensionOfItsOwnOidHoweverOftenItIsThere) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadX509SVIDRequest request = X509Request(kBuyer);
  for (const char* oid : {kOid, "1.2.3.4", kOid, "1.2.3.1.1"}) AddExtension(request, oid);
  ASSERT_TRUE(X509(request).ok());
  std::vector<std::string> oids;
  for (const wire::X509Extension& one : x509_.attributes().extra_extensions()) {
    oids.push_back(one.oid());
  }
  EXPECT_THAT(oids, ElementsAre("1.2.3.4", "1.2.3.1.1", kOid));
  EXPECT_FALSE(x509_.attributes().extra_extensions(2).critical());
}

TEST_F(CredentialComposerServiceTest, GivesNoAttributesWhereTheCredentialStaysAsItIs) {
  source_.Use(on_.shared_composer());
  ASSERT_TRUE(X509(X509Request("spiffe://example.org/web")).ok());
  EXPECT_FALSE(x509_.has_attributes());
  ASSERT_TRUE(Jwt(JwtRequest("spiffe://example.org/web")).ok());
  EXPECT_FALSE(jwt_.has_attributes());
  EXPECT_THAT(on_.store.All(), IsEmpty());
}

TEST_F(CredentialComposerServiceTest, LetsTheHealthCheckPassWithItsOwnKeyOnly) {
  on_.settings.ids.agent_prefix = "/for";
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadX509SVIDRequest request =
      X509Request("spiffe://example.org/for/health/check/only");
  request.set_public_key(issuance::HealthCheckSpki());
  ASSERT_TRUE(X509(request).ok());
  EXPECT_FALSE(x509_.has_attributes());
  request.set_public_key("another key");
  ASSERT_TRUE(X509(request).ok());
  EXPECT_TRUE(x509_.has_attributes());
}

TEST_F(CredentialComposerServiceTest, AddsTheClaimAndAnIdAndTouchesNothingElse) {
  source_.Use(on_.shared_composer());
  ASSERT_THAT(on_.Register("buyer"), IsOk());
  const wire::ComposeWorkloadJWTSVIDRequest request = JwtRequest(kBuyer);
  const grpc::Status status = Jwt(request);
  ASSERT_TRUE(status.ok()) << status.error_message();

  const auto& ours = Claim("svidence").struct_value().fields();
  EXPECT_EQ(ours.at("v").number_value(), 1);
  EXPECT_EQ(ours.at("trust_score").number_value(), 70);
  EXPECT_EQ(ours.at("scope").number_value(), 3);
  EXPECT_EQ(ours.at("agent").string_value(), "buyer");
  EXPECT_EQ(ours.at("entry").string_value(), on_.store.All()[1].bytes);
  EXPECT_EQ(Claim("jti").string_value(), "AAAAAAAAAAAAAAAAAAAAAA");

  wire::JWTSVIDAttributes rest = jwt_.attributes();
  rest.mutable_claims()->mutable_fields()->erase("svidence");
  rest.mutable_claims()->mutable_fields()->erase("jti");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(rest, request.attributes()));
}

TEST_F(CredentialComposerServiceTest, KeepsTheIdOfATokenThatHasOne) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadJWTSVIDRequest request = JwtRequest(kBuyer);
  auto& claims = *request.mutable_attributes()->mutable_claims()->mutable_fields();
  claims["jti"].set_string_value("given");
  claims["svidence"].set_string_value("forged by an earlier composer");
  ASSERT_TRUE(Jwt(request).ok());
  EXPECT_EQ(Claim("jti").string_value(), "given");
  EXPECT_TRUE(Claim("svidence").has_struct_value());
  EXPECT_THAT(on_.Entries()[0].members, HasSubstr("\"jti\":\"given\""));
}

TEST_F(CredentialComposerServiceTest, DrawsAnIdWhereItIsEmpty) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadJWTSVIDRequest request = JwtRequest(kBuyer);
  (*request.mutable_attributes()->mutable_claims()->mutable_fields())["jti"].set_string_value("");
  ASSERT_TRUE(Jwt(request).ok());
  EXPECT_THAT(Claim("jti").string_value(), SizeIs(22));
}

TEST_F(CredentialComposerServiceTest, TakesASingleAudienceAsAListOfOne) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadJWTSVIDRequest list = JwtRequest(kBuyer);
  wire::ComposeWorkloadJWTSVIDRequest text = JwtRequest(kBuyer);
  (*text.mutable_attributes()->mutable_claims()->mutable_fields())["aud"].set_string_value(
      "ledger");
  ASSERT_TRUE(Jwt(list).ok());
  ASSERT_TRUE(Jwt(text).ok());
  const auto digest = [this](std::size_t i) {
    const std::string members = on_.Entries()[i].members;
    return members.substr(members.find("\"aud\""), 80);
  };
  EXPECT_EQ(digest(0), digest(1));
}

TEST_F(CredentialComposerServiceTest, PassesTheIssuersRefusalOn) {
  source_.Use(std::make_shared<issuance::Refuser>(issuance::IdRules{.trust_domain = "example.org"},
                                                  FailedPrecondition("the ledger is shorter")));
  const grpc::Status got = X509(X509Request(kBuyer));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(got.error_message(), "the ledger is shorter");
  EXPECT_EQ(Jwt(JwtRequest(kBuyer)).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(X509(X509Request("spiffe://example.org/web")).ok());
}

TEST_F(CredentialComposerServiceTest, DeniesARevokedIdentityWithItsReason) {
  source_.Use(on_.shared_composer());
  on_.registry.DenyNow(kBuyer);
  const grpc::Status got = X509(X509Request(kBuyer));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(got.error_message(), HasSubstr("is revoked"));
}

TEST_F(CredentialComposerServiceTest, KeepsInternalDetailFromThePeer) {
  const auto issuer = std::make_shared<HoldingIssuer>();
  source_.Use(issuer);
  issuer->jwt_answer = Internal("secret detail");
  grpc::Status got = Jwt(JwtRequest(kBuyer));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(got.error_message(), Not(HasSubstr("secret")));
  issuer->jwt_answer = std::optional(issuance::JwtAddition{.claim_json = "{", .jti = "j"});
  got = Jwt(JwtRequest(kBuyer));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_FALSE(jwt_.has_attributes());
}

TEST_F(CredentialComposerServiceTest, HandsTheCallersDeadlineOn) {
  const auto issuer = std::make_shared<HoldingIssuer>();
  source_.Use(issuer);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  std::jthread caller([&] {
    EXPECT_TRUE(stub_->ComposeWorkloadX509SVID(&context, X509Request(kBuyer), &x509_).ok());
  });
  issuer->WaitUntilAsked();
  const std::int64_t left = issuer->request().limits.deadline_millis - clock_.MonotonicMillis();
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 60000 + 1000);
  EXPECT_FALSE(issuer->request().limits.cancelled());
  issuer->Answer(std::optional<issuance::X509Addition>{});
}

TEST_F(CredentialComposerServiceTest, SaysThatThereIsNoDeadlineWhereThereIsNone) {
  const auto issuer = std::make_shared<HoldingIssuer>();
  source_.Use(issuer);
  std::jthread caller([&] { EXPECT_TRUE(X509(X509Request(kBuyer)).ok()); });
  issuer->WaitUntilAsked();
  EXPECT_EQ(issuer->request().limits.deadline_millis, 0);
  issuer->Answer(std::optional<issuance::X509Addition>{});
}

TEST_F(CredentialComposerServiceTest, TellsTheIssuerThatTheCallerHasGoneAndEndsOnce) {
  const auto issuer = std::make_shared<HoldingIssuer>();
  source_.Use(issuer);
  grpc::ClientContext context;
  std::jthread caller([&] {
    EXPECT_EQ(stub_->ComposeWorkloadX509SVID(&context, X509Request(kBuyer), &x509_).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  issuer->WaitUntilAsked();
  const std::function<bool()> cancelled = issuer->request().limits.cancelled;
  context.TryCancel();
  caller.join();
  while (!cancelled()) std::this_thread::yield();
  // The answer comes late: nobody reads it, and nothing breaks.
  issuer->Answer(std::optional(issuance::X509Addition{.extension_der = "x", .index = 1}));
  EXPECT_TRUE(cancelled());
}

TEST_F(CredentialComposerServiceTest, GoesOnWithWhatACallBeganWithWhenConfiguredAnew) {
  const auto issuer = std::make_shared<HoldingIssuer>();
  source_.Use(issuer);
  std::jthread caller([&] { EXPECT_TRUE(X509(X509Request(kBuyer)).ok()); });
  issuer->WaitUntilAsked();
  source_.current = FailedPrecondition("not configured");
  issuer->Answer(std::optional(issuance::X509Addition{.extension_der = "x", .index = 1}));
  caller.join();
  ASSERT_EQ(x509_.attributes().extra_extensions_size(), 1);
  EXPECT_EQ(x509_.attributes().extra_extensions(0).oid(), kOid);
}

// --- bad input ---

struct BadX509 {
  const char* name;
  void (*spoil)(wire::ComposeWorkloadX509SVIDRequest&);
};
class BadX509Test : public CredentialComposerServiceTest,
                    public ::testing::WithParamInterface<BadX509> {};
TEST_P(BadX509Test, IsTheCallersFault) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadX509SVIDRequest request = X509Request(kBuyer);
  GetParam().spoil(request);
  const grpc::Status got = X509(request);
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << got.error_message();
  EXPECT_THAT(on_.store.All(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(
    All, BadX509Test,
    ::testing::Values(
        BadX509{"Nothing", [](auto& request) { request.Clear(); }},
        BadX509{"NoAttributes", [](auto& request) { request.clear_attributes(); }},
        BadX509{"NoId", [](auto& request) { request.clear_spiffe_id(); }},
        BadX509{"NoKey", [](auto& request) { request.clear_public_key(); }},
        BadX509{"HugeKey",
                [](auto& request) { request.set_public_key(std::string(2000000, 'k')); }},
        BadX509{"HugeId",
                [](auto& request) {
                  request.set_spiffe_id("spiffe://example.org/agent/" + std::string(2000000, 'x'));
                }},
        BadX509{"LongestId",
                [](auto& request) {
                  std::string id = "spiffe://example.org/agent/";
                  request.set_spiffe_id(id.append(2048 - id.size(), 'x'));
                }},
        BadX509{"NoScheme", [](auto& request) { request.set_spiffe_id("/agent/buyer"); }},
        BadX509{"ControlCharacter",
                [](auto& request) { request.set_spiffe_id("spiffe://example.org/agent/\n\x01"); }},
        BadX509{"OtherDomain",
                [](auto& request) { request.set_spiffe_id("spiffe://other.org/agent/x"); }}),
    [](const ::testing::TestParamInfo<BadX509>& test) { return std::string(test.param.name); });

using Claims = google::protobuf::Map<std::string, google::protobuf::Value>;
struct BadJwt {
  const char* name;
  void (*spoil)(Claims&);
};
class BadJwtTest : public CredentialComposerServiceTest,
                   public ::testing::WithParamInterface<BadJwt> {};
TEST_P(BadJwtTest, IsTheCallersFault) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadJWTSVIDRequest request = JwtRequest(kBuyer);
  GetParam().spoil(*request.mutable_attributes()->mutable_claims()->mutable_fields());
  const grpc::Status got = Jwt(request);
  EXPECT_EQ(got.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << got.error_message();
  EXPECT_THAT(on_.store.All(), IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(
    All, BadJwtTest,
    ::testing::Values(
        BadJwt{"NoClaims", [](Claims& claims) { claims.clear(); }},
        BadJwt{"NoSubject", [](Claims& claims) { claims.erase("sub"); }},
        BadJwt{"SubjectNoText", [](Claims& claims) { claims["sub"].set_number_value(1); }},
        BadJwt{"OtherSubject",
               [](Claims& claims) {
                 claims["sub"].set_string_value("spiffe://example.org/agent/seller");
               }},
        BadJwt{"NoAudience", [](Claims& claims) { claims.erase("aud"); }},
        BadJwt{"EmptyAudience",
               [](Claims& claims) { claims["aud"].mutable_list_value()->clear_values(); }},
        BadJwt{"AudienceNumber", [](Claims& claims) { claims["aud"].set_number_value(1); }},
        BadJwt{"AudienceOfNumbers",
               [](Claims& claims) {
                 claims["aud"].mutable_list_value()->add_values()->set_number_value(1);
               }},
        BadJwt{"NoIssuedAt", [](Claims& claims) { claims.erase("iat"); }},
        BadJwt{"IssuedAtText", [](Claims& claims) { claims["iat"].set_string_value("now"); }},
        BadJwt{"IssuedAtNegative", [](Claims& claims) { claims["iat"].set_number_value(-1); }},
        BadJwt{"IssuedAtFraction", [](Claims& claims) { claims["iat"].set_number_value(1.5); }},
        BadJwt{"IssuedAtNoNumber", [](Claims& claims) { claims["iat"].set_number_value(NAN); }},
        BadJwt{"IssuedAtInfinite",
               [](Claims& claims) { claims["iat"].set_number_value(INFINITY); }},
        BadJwt{"ExpiresHuge", [](Claims& claims) { claims["exp"].set_number_value(1e300); }},
        BadJwt{"ExpiresTooLate",
               [](Claims& claims) { claims["exp"].set_number_value(253402300800.0); }},
        BadJwt{"NoExpiry", [](Claims& claims) { claims.erase("exp"); }},
        BadJwt{"IdNoText", [](Claims& claims) { claims["jti"].set_bool_value(true); }},
        BadJwt{"IdTooLong",
               [](Claims& claims) { claims["jti"].set_string_value(std::string(129, 'j')); }}),
    [](const ::testing::TestParamInfo<BadJwt>& test) { return std::string(test.param.name); });

TEST_F(CredentialComposerServiceTest, RefusesAJwtRequestWithoutAttributes) {
  source_.Use(on_.shared_composer());
  wire::ComposeWorkloadJWTSVIDRequest request = JwtRequest(kBuyer);
  request.clear_attributes();
  EXPECT_EQ(Jwt(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = JwtRequest("nonsense");
  EXPECT_EQ(Jwt(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// Bytes that are no message never reach the service; the server answers and lives.
TEST_F(CredentialComposerServiceTest, OutlivesBytesThatAreNoRequest) {
  source_.Use(on_.shared_composer());
  grpc::GenericStub generic(channel_);
  for (const std::string& bytes :
       {std::string("\x12\x02\xff\xfe", 4), std::string("\xff\xff\xff\xff\xff", 5),
        std::string("\x12\xff\xff\xff\xff\x0f", 6)}) {
    grpc::ClientContext context;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> answer;
    generic.UnaryCall(&context,
                      "/spire.plugin.server.credentialcomposer.v1.CredentialComposer/"
                      "ComposeWorkloadX509SVID",
                      {}, &request, &response,
                      [&answer](const grpc::Status& status) { answer.set_value(status); });
    EXPECT_FALSE(answer.get_future().get().ok());
  }
  EXPECT_TRUE(X509(X509Request(kBuyer)).ok());
}

TEST_F(CredentialComposerServiceTest, AnswersManyCallsAtATime) {
  source_.Use(on_.shared_composer());
  constexpr int kCallers = 8;
  constexpr int kCalls = 25;
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&, i] {
        for (int call = 0; call < kCalls; ++call) {
          grpc::ClientContext context;
          wire::ComposeWorkloadX509SVIDResponse response;
          const std::string id = "spiffe://example.org/agent/a" + std::to_string(i);
          EXPECT_TRUE(stub_->ComposeWorkloadX509SVID(&context, X509Request(id), &response).ok());
          EXPECT_THAT(response.attributes().extra_extensions(0).value(), HasSubstr(id));
        }
      });
    }
  }
  EXPECT_THAT(on_.store.All(), SizeIs(kCallers * kCalls));
}

}  // namespace
}  // namespace svidence
