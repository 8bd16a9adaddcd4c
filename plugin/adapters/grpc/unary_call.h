// One call of a callback service: ends once, and knows when its caller has gone.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/finish.h"

namespace svidence {

// Keeps itself alive until gRPC is done with it, so request and response of the
// call live at least as long as End() has not been called.
class UnaryCall final : public grpc::ServerUnaryReactor {
  struct Key {};  // only Start() makes calls

 public:
  UnaryCall(Key /*key*/, std::string_view rpc) : rpc_(rpc) {}

  // `rpc` is for the log and must outlive the call: a literal.
  static UnaryCall* Start(std::string_view rpc) {
    const auto call = std::make_shared<UnaryCall>(Key{}, rpc);
    call->self_ = call;
    return call->self_.get();
  }

  // Exactly once, on any thread; nothing of the call may be touched afterwards.
  void End(const Status& status) { Finish(svidence::Finish(rpc_, status)); }

  // True once the caller has cancelled or its connection is gone. May be asked
  // at any time, after the end too.
  std::function<bool()> Cancelled() const {
    return [cancelled = cancelled_] { return cancelled->load(); };
  }

 private:
  void OnCancel() override { cancelled_->store(true); }
  // That OnDone() is quick enough to run at once: gRPC 1.51 would hand it to yet
  // another thread.
  bool InternalInlineable() override { return true; }
  // Destroys this object, when it returns.
  void OnDone() override { const std::shared_ptr<UnaryCall> last = std::move(self_); }

  const std::string_view rpc_;
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace svidence
