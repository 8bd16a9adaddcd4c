// The daemon's end of its link to svidence-shim, which owns the plugin's
// socket and passes each accepted connection over this link.
// docs/formats/shim-protocol.md tells the life of a link.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

// What the owner of a ShimLink does when something happens on it. All three
// run on the link's own thread, one after another, and must return within a
// second: while one runs no heartbeat is sent, and after five seconds of
// silence the shim kills a daemon that it started.
struct ShimHandlers {
  // A connection of the host, for grpc::AddInsecureChannelFromFd(). Comes only
  // after SendReady().
  std::function<void(UniqueFd)> on_connection;
  // Called once, last of all. OK: the shim said goodbye or ended; else what
  // broke the link. A daemon that the shim started exits now, without delay:
  // it holds the pipe whose end SPIRE waits for. One that runs beside a shim
  // (connect mode) only forgets this link.
  std::function<void(const Status&)> on_gone;
  // Asked before each heartbeat; false withholds it. Optional. Let it say
  // false when the daemon has stopped making progress: the shim replaces it.
  std::function<bool()> alive;
};

// Thread-safe, but for Start() and the destructor.
class ShimLink {
 public:
  // The socket that the shim left at descriptor kControlFd, if the environment
  // has SVIDENCE_SHIM=1, which is then removed from it. Call once, first thing
  // in main(): environment and descriptor belong to the whole process.
  //
  // Errors: FailedPrecondition if no shim started this process; InvalidArgument
  //         if the descriptor is not a SOCK_SEQPACKET Unix socket.
  static StatusOr<UniqueFd> TakeInheritedSocket();

  // Waits at most two seconds for kHello on `socket` and reads it.
  //
  // Errors: DeadlineExceeded, Unavailable if the shim has closed the socket,
  //         InvalidArgument for any other message or another version, DataLoss
  //         if the saved state is not a sealed memfd of at most kMaxStateBytes.
  static StatusOr<std::unique_ptr<ShimLink>> Open(UniqueFd socket);

  // Ends the thread and closes the socket; the shim takes that as the daemon's
  // death. Not to be called from a handler.
  ~ShimLink();
  ShimLink(const ShimLink&) = delete;
  ShimLink& operator=(const ShimLink&) = delete;

  // The plugin type that SPIRE asked for, e.g. "CredentialComposer". Text from
  // outside, at most kMaxText bytes.
  const std::string& plugin_type() const { return plugin_type_; }
  // What the last SaveState() of an earlier daemon on this shim saved.
  const std::optional<std::string>& saved_state() const { return saved_state_; }

  // Starts heartbeats and the delivery of connections. Call once.
  // Errors: FailedPrecondition if called before; ResourceExhausted without a thread.
  Status Start(ShimHandlers handlers);
  // True once on_gone has been called and has returned.
  bool gone() const { return gone_.load(std::memory_order_acquire); }

  // The four below wait at most a second for room in the socket.
  // Errors: Unavailable if the shim is gone, DeadlineExceeded if it does not read.

  // Serving: connections may come. The host's handshake is printed now.
  Status SendReady();
  // Cannot serve at all, for `reason` (cut to kMaxText bytes). Exit after it.
  Status SendFailed(std::string_view reason);
  // The host has called Shutdown and has its answer. The shim closes the link.
  Status SendShutdown();
  // Puts `state` into a sealed memfd that the shim keeps and hands to every
  // later daemon; replaces what was saved before.
  // Errors: also InvalidArgument above kMaxStateBytes, ResourceExhausted without memory.
  Status SaveState(std::string_view state);

 private:
  ShimLink(UniqueFd socket, UniqueFd wake, std::string plugin_type,
           std::optional<std::string> saved_state);

  void Run(const ShimHandlers& handlers);
  // Handles what has arrived; the value is whether the link goes on.
  StatusOr<bool> ReceiveOne(const ShimHandlers& handlers);
  void SendHeartbeat(const ShimHandlers& handlers);

  const UniqueFd socket_;
  const UniqueFd wake_;  // eventfd: the destructor ends the thread
  const std::string plugin_type_;
  const std::optional<std::string> saved_state_;
  std::atomic<bool> gone_ = false;
  std::thread thread_;
};

}  // namespace svidence::linux_os
