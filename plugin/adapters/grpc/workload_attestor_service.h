// SPIRE's WorkloadAttestor v1 service.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include <grpcpp/server_context.h>

#include "attestors/base/status.h"
#include "attestors/policy/selector_policy.h"
#include "spire_workloadattestor.grpc.pb.h"

namespace svidence {

namespace attestor_wire = spire::plugin::agent::workloadattestor::v1;

// Port: what stands behind the service.
class AttestHandler {
 public:
  // Called exactly once, on any thread, perhaps before Attest() has returned.
  using Done = std::function<void(const StatusOr<Selection>&)>;
  // Says that the caller has gone; `done` is then called at once, if it has not
  // been. May be called at any time, also when all is over.
  using GiveUp = std::function<void()>;

  virtual ~AttestHandler() = default;

  // The selectors of `wire_pid`; none if it is not ours to attest. Never blocks.
  // Errors: those of WorkloadAttestation::Attest(); FailedPrecondition before
  //         the first Configure; ResourceExhausted above the bound of calls;
  //         DeadlineExceeded.
  virtual GiveUp Attest(std::int32_t wire_pid, Done done) = 0;
};

// Thread-safe. Callback API: no thread of gRPC's waits for a file system.
class WorkloadAttestorService final : public attestor_wire::WorkloadAttestor::CallbackService {
 public:
  // As SPIRE asks for it.
  static constexpr const char* kServiceName =
      "spire.plugin.agent.workloadattestor.v1.WorkloadAttestor";

  // `handler` must outlive the gRPC server.
  explicit WorkloadAttestorService(AttestHandler& handler) : handler_(handler) {}

  // Logs each cause of a selector that is withheld once a minute: SPIRE shows
  // an operator the selectors that are there, never those that are not.
  // Source: spire-plugin-sdk, workloadattestor.proto, rpc Attest.
  grpc::ServerUnaryReactor* Attest(grpc::CallbackServerContext* context,
                                   const attestor_wire::AttestRequest* request,
                                   attestor_wire::AttestResponse* response) override;

 private:
  AttestHandler& handler_;
};

}  // namespace svidence
