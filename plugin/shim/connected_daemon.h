// Connect mode: the daemon runs beside the shim and outlives it.
#pragma once

#include <string>

#include <sys/types.h>

#include "plugin/shim/daemon.h"

namespace svidence::shim {

class ConnectedDaemon final : public Daemon {
 public:
  // The daemon listens on the SOCK_SEQPACKET Unix socket at `path` and runs as
  // user `peer_uid`.
  ConnectedDaemon(std::string path, uid_t peer_uid) : path_(std::move(path)), peer_uid_(peer_uid) {}

  // Errors: nobody listens there (not permanent), the path is too long, or the
  //         listener is of another user: it would see all that SPIRE says.
  Result<Fd> Start() override;
  int death_fd() const override { return -1; }
  void Kill() override {}
  std::string Reap() override { return {}; }
  void Leave(ControlLink link) override;
  void Leave() override {}

 private:
  const std::string path_;
  const uid_t peer_uid_;
};

}  // namespace svidence::shim
