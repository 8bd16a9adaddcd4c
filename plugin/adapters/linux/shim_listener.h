// Connect mode: the daemon runs beside the shims (a sidecar) and listens for
// them on a Unix socket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <sys/types.h>

#include "attestors/base/status.h"
#include "plugin/adapters/linux/shim_link.h"
#include "plugin/adapters/linux/unique_fd.h"

namespace svidence::linux_os {

// Both run on the listener's thread and must return within a second.
struct ShimListenerHandlers {
  // A shim of the allowed user that has said hello. Start() the link.
  std::function<void(std::unique_ptr<ShimLink>)> on_shim;
  // A peer that was turned away (another user, no hello), or an accept that
  // failed; the listener goes on. For the log.
  std::function<void(const Status&)> on_refused;
};

// Any number of shims may be connected at a time: links are independent.
class ShimListener {
 public:
  // Binds a SOCK_SEQPACKET socket of mode 0600 at `path`, absolute and at most
  // 107 bytes, and accepts shims whose user id is `allowed_uid`. A socket file
  // that a dead daemon left there is replaced; "<path>.lock" says who is alive.
  //
  // Errors: InvalidArgument for the path, AlreadyExists if a daemon listens
  //         there; those of ErrnoStatus.
  static StatusOr<std::unique_ptr<ShimListener>> Listen(const std::string& path, uid_t allowed_uid);

  // Ends the thread and removes the socket; links live on.
  ~ShimListener();
  ShimListener(const ShimListener&) = delete;
  ShimListener& operator=(const ShimListener&) = delete;

  // Starts to accept. Call once.
  // Errors: FailedPrecondition if called before; ResourceExhausted without a thread.
  Status Start(ShimListenerHandlers handlers);

 private:
  ShimListener(std::string path, uid_t allowed_uid, UniqueFd lock, UniqueFd socket, UniqueFd wake);

  void Run(const ShimListenerHandlers& handlers);
  // Errors: PermissionDenied for another user; those of ShimLink::Open().
  StatusOr<std::unique_ptr<ShimLink>> AcceptOne();

  const std::string path_;
  const uid_t allowed_uid_;
  const UniqueFd lock_;
  const UniqueFd socket_;
  const UniqueFd wake_;  // eventfd: the destructor ends the thread
  std::thread thread_;
};

}  // namespace svidence::linux_os
