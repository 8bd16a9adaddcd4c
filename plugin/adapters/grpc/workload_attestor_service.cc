#include "plugin/adapters/grpc/workload_attestor_service.h"

#include <chrono>
#include <optional>
#include <string>

#include <spdlog/spdlog.h>

#include "attestors/base/quote.h"
#include "plugin/adapters/grpc/finish.h"
#include "plugin/adapters/grpc/log_limiter.h"

namespace svidence {
namespace {

// One call. Deletes itself when gRPC is done with it.
class AttestReactor final : public grpc::ServerUnaryReactor {
 public:
  void SetGiveUp(AttestHandler::GiveUp give_up) { give_up_ = std::move(give_up); }

  void OnCancel() override { give_up_(); }
  void OnDone() override { delete this; }

 private:
  AttestHandler::GiveUp give_up_;
};

LogLimiter& Limiter() {
  static LogLimiter limiter;
  return limiter;
}

void LogWithheld(std::int32_t pid, const std::vector<Withheld>& withheld) {
  for (const Withheld& one : withheld) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::optional<std::uint64_t> left_out =
        Limiter().Admit(std::string(one.kind) + '\n' + std::string(one.cause),
                        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    if (!left_out) continue;
    spdlog::warn("selector withheld kind={} pid={} cause={} detail={} left_out={}", one.kind, pid,
                 Quote(one.cause, 256), Quote(one.detail, 256), *left_out);
  }
}

}  // namespace

grpc::ServerUnaryReactor* WorkloadAttestorService::Attest(
    grpc::CallbackServerContext* /*context*/, const attestor_wire::AttestRequest* request,
    attestor_wire::AttestResponse* response) {
  auto* reactor = new AttestReactor();
  const std::int32_t pid = request->pid();
  // gRPC calls OnCancel and OnDone only after this function has returned.
  reactor->SetGiveUp(
      handler_.Attest(pid, [reactor, response, pid](const StatusOr<Selection>& selection) {
        if (selection.ok()) {
          for (const std::string& value : selection->values) response->add_selector_values(value);
          LogWithheld(pid, selection->withheld);
        }
        reactor->Finish(Finish("Attest", selection.status()));
      }));
  return reactor;
}

}  // namespace svidence
