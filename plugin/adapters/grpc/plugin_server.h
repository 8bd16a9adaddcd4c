// The gRPC server of a plugin, as SPIRE expects it behind go-plugin's handshake.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/impl/service_type.h>

#include "attestors/base/status.h"
#include "plugin/adapters/grpc/host_services.h"
#include "plugin/adapters/grpc/plugin_config_handler.h"

namespace svidence {

// Longest request. A SPIFFE ID of 2 MB arrives and is refused by our own checks;
// more is refused by gRPC with RESOURCE_EXHAUSTED, which names both sizes.
constexpr std::size_t kMaxRequestBytes = std::size_t{4} * 1024 * 1024;
// Calls at a time on one connection; the host queues the others.
constexpr int kMaxConcurrentCalls = 1024;
// Buffers of all calls.
constexpr std::size_t kMaxBufferBytes = std::size_t{128} * 1024 * 1024;

// What is served.
struct PluginSpec {
  // SPIRE's full name of `service`.
  std::string service_name;
  // Must outlive the server, as must `config`. May be served by several servers
  // one after the other.
  grpc::Service& service;
  PluginConfigHandler& config;
  // Makes durable what is not yet. At most ten seconds; may be called again.
  std::function<void()> flush;
};

// Called on gRPC's threads; all must be set.
struct PluginServerHooks {
  // Keeps `state` for Restore() in a later daemon. One call at a time, before
  // SPIRE has the answer to its Configure.
  std::function<void(std::string_view state)> save_state;
  // SPIRE has told about its own services; the names or the address are new.
  std::function<void(const HostServices&)> host_services;
  // The host has called Shutdown and has its answer. Must only pass the word on.
  std::function<void()> shutdown;
};

// Thread-safe. Has no listening socket: connections are given to it.
class PluginServer {
 public:
  // Errors: Internal if gRPC cannot start, e.g. for lack of threads.
  static StatusOr<std::unique_ptr<PluginServer>> Start(const PluginSpec& spec,
                                                       PluginServerHooks hooks);
  // Stop(0), unless it has been called.
  ~PluginServer();
  PluginServer(const PluginServer&) = delete;
  PluginServer& operator=(const PluginServer&) = delete;

  // Puts back what `save_state` was given in an earlier daemon: SPIRE sends Init
  // and Configure once only.
  // Errors: InvalidArgument if `state` is not of this version; those of the
  //         handler's Configure.
  Status Restore(std::string_view state);

  // Serves `fd`, a connected stream socket, and owns it from now on.
  void AddConnection(int fd);

  // False if a call to this server's own health service has had no answer for
  // kProgressMillis: the threads that serve are stuck. Call it about once a
  // second; never blocks.
  bool MakesProgress();

  // Lets running calls end for `grace`, then cancels them, and waits until their
  // handlers have returned. Not to be called from a hook.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  explicit PluginServer(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

constexpr std::chrono::milliseconds kProgressMillis{10'000};

}  // namespace svidence
