// Where daemons come from: started by the shim, or running beside it.
#pragma once

#include <string>

#include "plugin/shim/control_link.h"
#include "plugin/shim/fd.h"
#include "plugin/shim/result.h"

namespace svidence::shim {

// One daemon at a time. Not thread-safe.
class Daemon {
 public:
  virtual ~Daemon() = default;

  // Gives the control socket to a new daemon. Called only when there is none:
  // at the start and after Reap(), or after any loss if death_fd() is -1.
  // Errors: no daemon came to be; `permanent` if none will by waiting.
  virtual Result<Fd> Start() = 0;

  // Readable once the daemon is dead; -1 if it is not ours to watch.
  virtual int death_fd() const = 0;
  // Ends the daemon by SIGKILL, if it is ours. death_fd() tells when it is gone.
  virtual void Kill() = 0;
  // How the daemon ended, for a message: "daemon 123 was killed by SIGSEGV".
  // To be called once death_fd() is readable.
  virtual std::string Reap() = 0;

  // SPIRE is going. Ends the daemon within 1.5 s if it is ours, whatever state
  // it is in; else tells it goodbye. `link` is closed in either case.
  virtual void Leave(ControlLink link) = 0;
  // The same where there is no link.
  virtual void Leave() = 0;
};

}  // namespace svidence::shim
