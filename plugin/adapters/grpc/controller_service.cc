#include "plugin/adapters/grpc/controller_service.h"

namespace svidence {
namespace {

// Deletes itself when gRPC is done with it, as reactors do.
class Answer final : public grpc::ServerUnaryReactor {
 public:
  explicit Answer(const std::function<void()>& sent) : sent_(sent) { Finish(grpc::Status::OK); }
  void OnDone() override {
    sent_();
    delete this;
  }

 private:
  const std::function<void()>& sent_;
};

}  // namespace

grpc::ServerUnaryReactor* ControllerService::Shutdown(grpc::CallbackServerContext* /*context*/,
                                                      const plugin::Empty* /*request*/,
                                                      plugin::Empty* /*response*/) {
  return new Answer(shutdown_);
}

}  // namespace svidence
