// Client calls under way, made through gRPC's callback API.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

namespace svidence {

// One call and, in a derived class, the messages that must live as long as it.
struct PendingCall {
  PendingCall() = default;
  virtual ~PendingCall() = default;
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

  grpc::ClientContext context;
};

// Thread-safe. Owns the calls, so that none is destroyed inside its own
// callback: a call holds its channel, and gRPC 1.51 corrupts memory when the
// last channel of a process ends on one of gRPC's threads.
class CallSet {
 public:
  using Done = std::function<void(grpc::Status)>;

  explicit CallSet(std::size_t max_calls);
  // Cancels what is under way and waits for its end.
  ~CallSet();
  CallSet(const CallSet&) = delete;
  CallSet& operator=(const CallSet&) = delete;

  // Takes `call` in and gives the callback to start it with, once; gRPC then
  // calls `ended` on one of its threads. Nullopt, and `call` is gone, if
  // max_calls are under way.
  std::optional<Done> Add(std::unique_ptr<PendingCall> call,
                          std::function<void(const grpc::Status&)> ended);

 private:
  struct State;

  const std::size_t max_calls_;
  const std::shared_ptr<State> state_;
};

}  // namespace svidence
