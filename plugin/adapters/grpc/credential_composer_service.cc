#include "plugin/adapters/grpc/credential_composer_service.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "attestors/base/quote.h"
#include "attestors/base/spiffe_id.h"
#include "plugin/adapters/grpc/unary_call.h"

namespace svidence {
namespace {

namespace wire = spire::plugin::server::credentialcomposer::v1;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53
// A deadline further away than this is none.
constexpr std::int64_t kMaxDeadlineMillis = 3'600'000;

// --- from the wire ---

const Value* FindClaim(const Struct& claims, const std::string& name) {
  const auto found = claims.fields().find(name);
  return found == claims.fields().end() ? nullptr : &found->second;
}

StatusOr<std::string> TextClaim(const Struct& claims, const std::string& name) {
  const Value* value = FindClaim(claims, name);
  if (value == nullptr || !value->has_string_value()) {
    return InvalidArgument("claim " + Quote(name) + " must be a string");
  }
  return value->string_value();
}

// A whole number; its range is the issuer's matter.
StatusOr<std::int64_t> TimeClaim(const Struct& claims, const std::string& name) {
  const Value* value = FindClaim(claims, name);
  const double number = value == nullptr ? NAN : value->number_value();
  // False for NaN, too.
  const bool is_whole = std::abs(number) <= kLargestExactInteger && number == std::trunc(number);
  if (value == nullptr || !value->has_number_value() || !is_whole) {
    return InvalidArgument("claim " + Quote(name) + " must be a whole number");
  }
  return static_cast<std::int64_t>(number);
}

// A string, or a list of strings. Source: RFC 7519, section 4.1.3.
StatusOr<std::vector<std::string>> AudienceClaim(const Struct& claims) {
  const Value* value = FindClaim(claims, "aud");
  if (value != nullptr && value->has_string_value()) {
    return std::vector<std::string>{value->string_value()};
  }
  if (value == nullptr || !value->has_list_value()) {
    return InvalidArgument("claim \"aud\" must be a string or a list of strings");
  }
  std::vector<std::string> audience;
  for (const Value& one : value->list_value().values()) {
    if (!one.has_string_value()) return InvalidArgument("claim \"aud\" must hold strings only");
    audience.push_back(one.string_value());
  }
  return audience;
}

// Empty where there is none.
StatusOr<std::string> JtiClaim(const Struct& claims) {
  return FindClaim(claims, "jti") == nullptr ? std::string() : TextClaim(claims, "jti");
}

StatusOr<issuance::X509Request> FromWire(const wire::ComposeWorkloadX509SVIDRequest& request) {
  SVIDENCE_ASSIGN_OR_RETURN(SpiffeId id, SpiffeId::Parse(request.spiffe_id()));
  if (!request.has_attributes()) return InvalidArgument("request must have attributes");
  return issuance::X509Request{.id = std::move(id), .spki_der = request.public_key()};
}

StatusOr<issuance::JwtRequest> FromWire(const wire::ComposeWorkloadJWTSVIDRequest& request) {
  SVIDENCE_ASSIGN_OR_RETURN(SpiffeId id, SpiffeId::Parse(request.spiffe_id()));
  if (!request.attributes().has_claims()) return InvalidArgument("request must have claims");
  const Struct& claims = request.attributes().claims();
  issuance::JwtRequest jwt{.id = std::move(id)};
  SVIDENCE_ASSIGN_OR_RETURN(const std::string sub, TextClaim(claims, "sub"));
  if (sub != jwt.id.text()) {
    return InvalidArgument("claim \"sub\" must be the SPIFFE ID, got " + Quote(sub));
  }
  SVIDENCE_ASSIGN_OR_RETURN(jwt.audience, AudienceClaim(claims));
  SVIDENCE_ASSIGN_OR_RETURN(jwt.issued_at, TimeClaim(claims, "iat"));
  SVIDENCE_ASSIGN_OR_RETURN(jwt.expires_at, TimeClaim(claims, "exp"));
  SVIDENCE_ASSIGN_OR_RETURN(jwt.jti, JtiClaim(claims));
  return jwt;
}

// gRPC says when by the wall clock; the ledger counts by one that never steps.
std::int64_t DeadlineOf(const grpc::CallbackServerContext& context, const Clock& clock) {
  using std::chrono::milliseconds;
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return 0;
  const std::int64_t left =
      std::chrono::duration_cast<milliseconds>(deadline.time_since_epoch()).count() -
      clock.UnixMillis();
  if (left > kMaxDeadlineMillis) return 0;
  return std::max<std::int64_t>(clock.MonotonicMillis() + left, 1);
}

// --- to the wire ---

void ToWire(const issuance::X509Addition& addition, const std::string& oid,
            const wire::X509SVIDAttributes& given, wire::X509SVIDAttributes& attributes) {
  attributes = given;
  // SPIRE fails on an OID that is there twice.
  auto& extensions = *attributes.mutable_extra_extensions();
  extensions.erase(
      std::remove_if(extensions.begin(), extensions.end(),
                     [&oid](const wire::X509Extension& one) { return one.oid() == oid; }),
      extensions.end());
  wire::X509Extension& extension = *extensions.Add();
  extension.set_oid(oid);
  extension.set_value(addition.extension_der);
  extension.set_critical(false);
}

Status ToWire(const issuance::JwtAddition& addition, const std::string& claim,
              const wire::JWTSVIDAttributes& given, wire::JWTSVIDAttributes& attributes) {
  Value value;
  if (!google::protobuf::util::JsonStringToMessage(addition.claim_json, &value).ok()) {
    return Internal("the claim is not JSON: " + Quote(addition.claim_json));
  }
  attributes = given;
  auto& fields = *attributes.mutable_claims()->mutable_fields();
  fields[claim] = std::move(value);
  const Value* jti = FindClaim(given.claims(), "jti");
  if (jti == nullptr || jti->string_value().empty()) {
    fields["jti"].set_string_value(addition.jti);
  }
  return OkStatus();
}

grpc::ServerUnaryReactor* Unimplemented(std::string_view rpc) {
  UnaryCall* call = UnaryCall::Start(rpc);
  call->End(Status(StatusCode::kUnimplemented, "only SVIDs of workloads are composed"));
  return call;
}

}  // namespace

grpc::ServerUnaryReactor* CredentialComposerService::ComposeServerX509CA(
    grpc::CallbackServerContext* /*context*/, const wire::ComposeServerX509CARequest* /*request*/,
    wire::ComposeServerX509CAResponse* /*response*/) {
  return Unimplemented("ComposeServerX509CA");
}

grpc::ServerUnaryReactor* CredentialComposerService::ComposeServerX509SVID(
    grpc::CallbackServerContext* /*context*/, const wire::ComposeServerX509SVIDRequest* /*request*/,
    wire::ComposeServerX509SVIDResponse* /*response*/) {
  return Unimplemented("ComposeServerX509SVID");
}

grpc::ServerUnaryReactor* CredentialComposerService::ComposeAgentX509SVID(
    grpc::CallbackServerContext* /*context*/, const wire::ComposeAgentX509SVIDRequest* /*request*/,
    wire::ComposeAgentX509SVIDResponse* /*response*/) {
  return Unimplemented("ComposeAgentX509SVID");
}

grpc::ServerUnaryReactor* CredentialComposerService::ComposeWorkloadX509SVID(
    grpc::CallbackServerContext* context, const wire::ComposeWorkloadX509SVIDRequest* request,
    wire::ComposeWorkloadX509SVIDResponse* response) {
  UnaryCall* call = UnaryCall::Start("ComposeWorkloadX509SVID");
  const StatusOr<std::shared_ptr<const Composing>> composing = source_.Current();
  StatusOr<issuance::X509Request> x509 = FromWire(*request);  // validate
  if (!composing.ok() || !x509.ok()) {
    call->End(composing.ok() ? x509.status() : composing.status());
    return call;
  }
  x509->limits = {.deadline_millis = DeadlineOf(*context, clock_), .cancelled = call->Cancelled()};
  (*composing)
      ->issuer->ComposeX509(  // delegate
          *x509, [call, request, response, composing = *composing](
                     const StatusOr<std::optional<issuance::X509Addition>>& answer) {
            if (answer.ok() && answer->has_value()) {  // convert
              ToWire(**answer, composing->extension_oid, request->attributes(),
                     *response->mutable_attributes());
            }
            call->End(answer.status());
          });
  return call;
}

grpc::ServerUnaryReactor* CredentialComposerService::ComposeWorkloadJWTSVID(
    grpc::CallbackServerContext* context, const wire::ComposeWorkloadJWTSVIDRequest* request,
    wire::ComposeWorkloadJWTSVIDResponse* response) {
  UnaryCall* call = UnaryCall::Start("ComposeWorkloadJWTSVID");
  const StatusOr<std::shared_ptr<const Composing>> composing = source_.Current();
  StatusOr<issuance::JwtRequest> jwt = FromWire(*request);  // validate
  if (!composing.ok() || !jwt.ok()) {
    call->End(composing.ok() ? jwt.status() : composing.status());
    return call;
  }
  jwt->limits = {.deadline_millis = DeadlineOf(*context, clock_), .cancelled = call->Cancelled()};
  (*composing)
      ->issuer->ComposeJwt(  // delegate
          *jwt, [call, request, response, composing = *composing](
                    const StatusOr<std::optional<issuance::JwtAddition>>& answer) {
            Status status = answer.status();
            if (answer.ok() && answer->has_value()) {  // convert
              status = ToWire(**answer, composing->jwt_claim, request->attributes(),
                              *response->mutable_attributes());
            }
            call->End(status);
          });
  return call;
}

}  // namespace svidence
