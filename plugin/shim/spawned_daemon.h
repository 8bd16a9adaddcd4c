// Spawn mode: the daemon is a child of the shim.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "plugin/shim/daemon.h"
#include "plugin/shim/sha256.h"

namespace svidence::shim {

// The child gets: the control socket as kControlFd and SVIDENCE_SHIM=1 in its
// environment; /dev/null as stdin; the shim's stderr (SPIRE's pipe) as stdout
// and stderr; no other descriptor; the shim's ignored signals; SIGKILL when the
// shim dies. The last is lost in a program with file capabilities, which must
// therefore end by itself when the control socket closes.
class SpawnedDaemon final : public Daemon {
 public:
  // `sha256`, if given, must be the digest of the file at `path`; it is checked
  // at every start, and the file that was hashed is the file that runs.
  SpawnedDaemon(std::string path, std::optional<Sha256Digest> sha256)
      : path_(std::move(path)), sha256_(sha256) {}
  // Kills and reaps what still runs.
  ~SpawnedDaemon() override;
  SpawnedDaemon(const SpawnedDaemon&) = delete;
  SpawnedDaemon& operator=(const SpawnedDaemon&) = delete;

  // Errors: the file cannot be read or has another digest (only with a digest),
  //         or no process can be made. A program that cannot be executed says
  //         kFailed over the control socket.
  Result<Fd> Start() override;
  int death_fd() const override { return pidfd_.get(); }
  void Kill() override;
  std::string Reap() override;
  void Leave(ControlLink link) override;
  void Leave() override;

 private:
  // The daemon's file, open, if its digest is to be checked; else invalid.
  Result<Fd> OpenChecked() const;
  // Runs in the child; never returns.
  [[noreturn]] void Execute(const Fd& control, const Fd& file, pid_t shim) const;
  bool WaitForDeath(int millis) const;

  const std::string path_;
  const std::optional<Sha256Digest> sha256_;
  pid_t pid_ = 0;
  Fd pidfd_;
};

}  // namespace svidence::shim
