// SPIRE's CredentialComposer v1 service over an issuer.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "attestors/base/clock.h"
#include "attestors/base/status.h"
#include "plugin/core/issuance/issuer.h"
#include "spire_credentialcomposer.grpc.pb.h"

namespace svidence {

// What credentials are composed with; one Configure, one value.
struct Composing {
  std::shared_ptr<issuance::Issuer> issuer;
  std::string extension_oid;  // dotted, e.g. claims::ExtensionOid(settings.oid)
  std::string jwt_claim;      // name of the claim
};

// Port: what is in force now. A call in flight keeps what it began with, so a
// new configuration may replace it at any time.
class ComposingSource {
 public:
  virtual ~ComposingSource() = default;
  // Never null when OK. Thread-safe; never blocks on I/O.
  // Errors: FailedPrecondition "not configured" before the first Configure. A
  //         ledger that is refused is no error: the issuer says so itself.
  virtual StatusOr<std::shared_ptr<const Composing>> Current() = 0;
};

// Thread-safe. Callback form: no thread waits for the ledger.
class CredentialComposerService final
    : public spire::plugin::server::credentialcomposer::v1::CredentialComposer::CallbackService {
 public:
  // Both must outlive the gRPC server.
  CredentialComposerService(ComposingSource& source, const Clock& clock)
      : source_(source), clock_(clock) {}

  // UNIMPLEMENTED: SPIRE keeps what it has. CAs, the server and agents are
  // SPIRE's own business, and the first of these come before anything serves.
  grpc::ServerUnaryReactor* ComposeServerX509CA(
      grpc::CallbackServerContext* context,
      const spire::plugin::server::credentialcomposer::v1::ComposeServerX509CARequest* request,
      spire::plugin::server::credentialcomposer::v1::ComposeServerX509CAResponse* response)
      override;
  grpc::ServerUnaryReactor* ComposeServerX509SVID(
      grpc::CallbackServerContext* context,
      const spire::plugin::server::credentialcomposer::v1::ComposeServerX509SVIDRequest* request,
      spire::plugin::server::credentialcomposer::v1::ComposeServerX509SVIDResponse* response)
      override;
  grpc::ServerUnaryReactor* ComposeAgentX509SVID(
      grpc::CallbackServerContext* context,
      const spire::plugin::server::credentialcomposer::v1::ComposeAgentX509SVIDRequest* request,
      spire::plugin::server::credentialcomposer::v1::ComposeAgentX509SVIDResponse* response)
      override;

  // Gives all attributes back with our extension instead of any of its OID; no
  // attributes at all where the credential stays as it is.
  // Source: spire-plugin-sdk, credentialcomposer.proto; SPIRE v1.13.3
  //         pkg/server/plugin/credentialcomposer/v1.go.
  grpc::ServerUnaryReactor* ComposeWorkloadX509SVID(
      grpc::CallbackServerContext* context,
      const spire::plugin::server::credentialcomposer::v1::ComposeWorkloadX509SVIDRequest* request,
      spire::plugin::server::credentialcomposer::v1::ComposeWorkloadX509SVIDResponse* response)
      override;
  // Gives all claims back with ours, and with a `jti` where there was none. Never
  // touches `sub`, `aud`, `iat`, `exp`.
  grpc::ServerUnaryReactor* ComposeWorkloadJWTSVID(
      grpc::CallbackServerContext* context,
      const spire::plugin::server::credentialcomposer::v1::ComposeWorkloadJWTSVIDRequest* request,
      spire::plugin::server::credentialcomposer::v1::ComposeWorkloadJWTSVIDResponse* response)
      override;

 private:
  ComposingSource& source_;
  const Clock& clock_;
};

}  // namespace svidence
